using System.Globalization;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;

namespace Ckpt.Cli.Flags;

/// <summary>The flags and paths of one command line, checked by kind. What may not be asked for has been refused before.</summary>
sealed class FlagValues
{
    readonly Dictionary<string, IReadOnlyList<string>> _texts = new(StringComparer.Ordinal);

    /// <summary>Takes the values as they were typed, by stored name.</summary>
    /// <exception cref="UsageException">A value is not of its flag's kind.</exception>
    /// <exception cref="UnsupportedCheckpointException">A refused flag is asked for something (CLI-1.9).</exception>
    internal FlagValues(IEnumerable<(FlagSpec Flag, IReadOnlyList<string> Texts)> given, IReadOnlyList<string> positional)
    {
        Positional = positional;
        var notes = new List<string>();
        foreach (var (flag, texts) in given)
        {
            foreach (var text in texts) { Check(flag, text); }
            _texts.Add(flag.Name, texts);
            if (flag.Use == FlagUse.NoEffect) { notes.Add($"{flag.Shown} has no effect here: {flag.Help}"); }
            if (flag.Use == FlagUse.Refused && !texts.All(text => AsksForNothing(flag, text)))
            {
                throw new UnsupportedCheckpointException("CLI-1.9", $"{flag.Shown} {string.Join(' ', texts)}", flag.Help);
            }
        }
        Notes = notes;
    }

    /// <summary>What is no flag: the command's paths.</summary>
    internal IReadOnlyList<string> Positional { get; }

    /// <summary>One line for every flag that was accepted without effect (CLI-1.8).</summary>
    internal IReadOnlyList<string> Notes { get; }

    internal bool Has(string name) => _texts.ContainsKey(name);

    internal string? Text(string name) => _texts.TryGetValue(name, out var texts) && texts.Count > 0 ? texts[^1] : null;

    internal IReadOnlyList<string> List(string name) => _texts.TryGetValue(name, out var texts) ? texts : [];

    internal bool Bool(string name, bool otherwise = false) => Text(name) is { } text ? FlagTokens.Truth(text)!.Value : otherwise;

    internal int? Int(string name) => Text(name) is { } text ? int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : null;

    internal double? Number(string name) => Text(name) is { } text ? double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) : null;

    internal long? Size(string name) => Text(name) is { } text ? ByteSize.Parse(text, "--" + name) : null;

    internal DType? DType(string name) => Text(name) is { } text ? FloatNames.Parse(text, "--" + name) : null;

    /// <summary>A boolean that is off, a null, or a value that names what is done anyway.</summary>
    static bool AsksForNothing(FlagSpec flag, string text) =>
        flag.Kind == FlagKind.Bool && flag.Harmless.Count == 0 && FlagTokens.Truth(text) == false
        || text is "None" or "null"
        || flag.Harmless.Contains(text, StringComparer.OrdinalIgnoreCase);

    static void Check(FlagSpec flag, string text)
    {
        switch (flag.Kind)
        {
            case FlagKind.Bool when FlagTokens.Truth(text) is null:
                throw new UsageException("CLI-1.3", flag.Shown, $"'{text}' is no truth value; allowed are true, false, 1 and 0");
            case FlagKind.Int when !int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _):
                throw new UsageException("CLI-1.7", flag.Shown, $"'{text}' is no whole number");
            case FlagKind.Number when !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number):
                throw new UsageException("CLI-1.7", flag.Shown, $"'{text}' is no number");
            case FlagKind.Path when text.Length == 0 || text.Contains('\0', StringComparison.Ordinal):
                throw new UsageException("CLI-1.7", flag.Shown, "the path is empty");
            case FlagKind.Size:
                ByteSize.Parse(text, flag.Shown);
                break;
            case FlagKind.DType:
                FloatNames.Parse(text, flag.Shown);
                break;
            default:
                break;
        }
    }
}
