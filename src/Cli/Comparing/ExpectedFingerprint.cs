using Ckpt.Cli.Flags;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Doctoring;
using Ckpt.Verify.Fingerprints;

namespace Ckpt.Cli.Comparing;

/// <summary>What a fingerprint is held to: another one, or those of source and output in a receipt (VFY-2.5).</summary>
/// <param name="Text">It, as it was given.</param>
/// <param name="Allowed">Fingerprints, and what to say where it is one of them.</param>
sealed record ExpectedFingerprint(string Text, IReadOnlyList<(string Fingerprint, string Says)> Allowed)
{
    /// <summary>Reads what was given.</summary>
    /// <exception cref="UsageException">It is neither, or the receipt has no fingerprint.</exception>
    internal static ExpectedFingerprint Of(string text)
    {
        var path = Directory.Exists(text) ? Path.Combine(text, PartialOutput.ReceiptName) : text;
        if (!File.Exists(path))
        {
            var digits = text.StartsWith(CheckpointFingerprint.Prefix, StringComparison.OrdinalIgnoreCase) ? text[CheckpointFingerprint.Prefix.Length..] : text;
            return digits.Length == 64 && digits.All(char.IsAsciiHexDigit) ? new ExpectedFingerprint(text, [(text, "")]) : throw new UsageException("VFY-2.5", "--check", $"{text} is no fingerprint ({CheckpointFingerprint.Prefix} and 64 hexadecimal digits), and there is no such receipt");
        }
        var record = ConversionRecord.Read(path);
        var allowed = new List<(string, string)>();
        if (record.OutputFingerprint is { } output) { allowed.Add((output, output == record.SourceFingerprint ? $" of source and output in {path}" : $" of the output in {path}")); }
        if (record.SourceFingerprint is { } source && source != record.OutputFingerprint) { allowed.Add((source, $" of the source in {path}")); }
        return allowed.Count > 0 ? new ExpectedFingerprint(text, allowed) : throw new UsageException("VFY-2.5", "--check", $"{path} has no fingerprint: conversions leave one with --test_convert_precision true or --fingerprint true");
    }

    /// <summary>What to say where a fingerprint is one of these; null where it is none.</summary>
    internal string? Match(CheckpointFingerprint found)
    {
        foreach (var (fingerprint, says) in Allowed)
        {
            if (found.Is(fingerprint)) { return says; }
        }
        return null;
    }
}
