using System.Text;
using System.Text.Json.Nodes;

namespace Ckpt.Bench;

/// <summary>A mixed text out of the repository itself: its English and its code, and a quarter of test strings of many languages.</summary>
static class MixedText
{
    static readonly string[] s_patterns = ["*.md", "*.cs", "*.sh"];

    /// <summary>Documents of about so many bytes in all; the same for the same checkout.</summary>
    internal static IEnumerable<string> Documents(string root, long bytes)
    {
        var files = ((string[])["src", "tests", "spec", "docs", "bench"]).SelectMany(top => s_patterns.SelectMany(p => Directory.EnumerateFiles(Path.Combine(root, top), p, SearchOption.AllDirectories)))
            .Order(StringComparer.Ordinal).Select(File.ReadAllText).ToList();
        var cases = JsonNode.Parse(File.ReadAllText(Path.Combine(root, "spec/vectors/tokenizers/real/qwen3.json")))!["cases"]!.AsArray().Select(c => (string)c!["text"]!).ToList();
        var random = new Random(20261122);
        var at = 0;
        for (var left = bytes; left > 0;)
        {
            var document = new StringBuilder(files[at++ % files.Count]);
            for (var more = document.Length / 3; more > 0;)
            {
                var line = cases[random.Next(cases.Count)];
                document.Append(line).Append('\n');
                more -= Encoding.UTF8.GetByteCount(line) + 1;
            }
            var text = document.Replace("\0", "").ToString();
            left -= Encoding.UTF8.GetByteCount(text);
            yield return text;
        }
    }
}
