using System.Globalization;
using System.Text.RegularExpressions;
using Ckpt.Formats.Safetensors;

namespace Ckpt.Cli.Export;

/// <summary>
/// The files of a Hugging Face folder as MindSpeed-LLM's converter makes them (CLI-10.6): one a layer, prediction layers behind those of the decoder.
/// Pure.
/// </summary>
static partial class LayerFiles
{
    /// <summary>Options that put these tensors into such files.</summary>
    /// <param name="names">Every name written.</param>
    /// <param name="layers">Decoder layers of the model.</param>
    internal static SafetensorsWriterOptions Of(IEnumerable<string> names, int layers)
    {
        var count = Math.Max(1, names.Select(name => FileOf(name, layers)).DefaultIfEmpty(0).Max() + 1);
        return new SafetensorsWriterOptions
        {
            MaxShardBytes = long.MaxValue,
            AlwaysIndex = true,
            FileOf = name => FileOf(name, layers),
            FileName = file => string.Create(CultureInfo.InvariantCulture, $"model-{file + 1:D5}-of-{count:D6}.safetensors"),
            IndexIndent = 4,
            IndexCounts = false,
        };
    }

    /// <summary>The file of a tensor, counted from 0.</summary>
    internal static int FileOf(string name, int layers)
    {
        if (Layer().Match(name) is { Success: true } match) { return Number(match); }
        if (Prediction().Match(name) is { Success: true } next) { return layers + (next.Groups["n"].Success ? Number(next) : 0); }
        return Embedding().IsMatch(name) ? 0 : Math.Max(0, layers - 1);
    }

    // No model has more layers than a number of this length says.
    static int Number(Match match) => int.Parse(match.Groups["n"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    // Qwen3-Next's and MiMo's prediction layers are numbered by themselves, DeepSeek's as layers behind the last.
    [GeneratedRegex(@"^(?!.*\bmtp)(?:.*\.)?layers\.(?<n>[0-9]{1,6})\.", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Layer();

    [GeneratedRegex(@"(^|\.)mtp(_layers)?\.((layers\.)?(?<n>[0-9]{1,6})\.)?", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Prediction();

    [GeneratedRegex(@"(^|\.)(embed_tokens|word_embeddings|wte)\.", RegexOptions.CultureInvariant)]
    private static partial Regex Embedding();
}
