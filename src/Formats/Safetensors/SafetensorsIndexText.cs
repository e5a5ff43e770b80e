using System.Globalization;
using System.Text;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Safetensors;

/// <summary>
/// Says an index as transformers 5 does, byte for byte: Python's <c>json.dumps(index, indent=2, sort_keys=True)</c> and a line feed.
/// </summary>
static class SafetensorsIndexText
{
    internal static byte[] Of(IReadOnlyList<TensorTarget> targets, string[] fileOf, long totalBytes, SafetensorsWriterOptions options)
    {
        var (one, two) = ("\n" + new string(' ', options.IndexIndent), "\n" + new string(' ', 2 * options.IndexIndent));
        var parameters = options.IndexCounts ? string.Create(CultureInfo.InvariantCulture, $"{two}\"total_parameters\": {targets.Sum(t => t.Shape.Count)},") : "";
        var json = new StringBuilder();
        json.Append(CultureInfo.InvariantCulture, $"{{{one}\"metadata\": {{{parameters}{two}\"total_size\": {totalBytes}{one}}},{one}\"weight_map\": {{");
        var order = Enumerable.Range(0, targets.Count).OrderBy(i => targets[i].Name, CodePointOrder.Instance);
        var separator = two;
        foreach (var i in order)
        {
            json.Append(separator);
            AppendString(json, targets[i].Name);
            AppendString(json.Append(": "), fileOf[i]);
            separator = "," + two;
        }
        json.Append(targets.Count > 0 ? $"{one}}}" : "}").Append("\n}").Append(options.IndexCounts ? "\n" : "");
        return Encoding.UTF8.GetBytes(json.ToString());
    }

    /// <summary>As Python's json: ASCII only.</summary>
    static void AppendString(StringBuilder json, string text)
    {
        json.Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\b' => json.Append("\\b"),
                '\f' => json.Append("\\f"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                < ' ' or > '~' => json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => json.Append(c),
            };
        }
        json.Append('"');
    }
}
