using System.Text.Json.Nodes;
using Ckpt.Data.Tokenizers;
using Ckpt.Kit;
using Xunit;
using Xunit.Abstractions;

namespace Ckpt.PropertyTests.Tokenizers;

/// <summary>The same for the tokenizers of real models, where tests/real-tokenizers.sh has fetched them.</summary>
public sealed class RealTokenizerTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("qwen3")]
    [InlineData("llama3_1")]
    [InlineData("deepseek_v3")]
    [InlineData("gemma3")]
    [InlineData("llama2")]
    [InlineData("gptoss")]
    public void EveryCaseIsAsTheReferenceHasItOrTheTokenizerIsNotFetched(string name)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set ? set : Path.Combine(home, ".cache");
        var folder = Path.Combine(cache, "ckpt", "tokenizers", name);
        if (!File.Exists(Path.Combine(folder, "tokenizer.json")))
        {
            output.WriteLine($"not compared: {folder} has no tokenizer.json; tests/real-tokenizers.sh fetches it");
            return;
        }
        var expected = JsonNode.Parse(File.ReadAllText(Repository.Vector("tokenizers", "real", name + ".json")))!;
        Faults.None(new TokenizerCases(Tokenizer.Load(folder), expected).Differences());
        output.WriteLine($"compared: {expected["cases"]!.AsArray().Count} texts, {expected["random_decodes"]!.AsArray().Count} decodings");
    }
}
