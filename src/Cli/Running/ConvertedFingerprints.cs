using System.Text.Json.Nodes;
using Ckpt.Cli.Comparing;
using Ckpt.Formats;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Comparing;
using Ckpt.Verify.Fingerprints;

namespace Ckpt.Cli.Running;

/// <summary>The fingerprints of a conversion's two sides, for its receipt (VFY-2.4). Each is read from its own files, under its own map.</summary>
static class ConvertedFingerprints
{
    internal static ConversionReceipt Of(Conversion conversion, string folder, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        var source = Hash(() => conversion.Logical is { } logical ? logical() : throw Throw.None(conversion), options, progress, cancel);
        var output = Hash(
            () =>
            {
                if (conversion.Logical is null) { throw Throw.None(conversion); }
                // Closed with the reader of the fingerprint, once it has been read.
                var written = ModelFormats.Open(folder);
                try { return ComparedSides.Canonical(written, folder); }
                catch
                {
                    written.Dispose();
                    throw;
                }
            },
            options, progress, cancel, closes: true);
        var json = new JsonObject { ["source"] = source.Value, ["output"] = output.Value };
        var faults = new[] { source.Fault, output.Fault }.OfType<string>().Distinct().ToArray();
        if (faults.Length > 0) { json["not_made"] = string.Join("; ", faults); }
        return new ConversionReceipt(Lines(source.Value, output.Value, faults), new JsonObject { ["fingerprint"] = json });
    }

    static string[] Lines(string? source, string? output, string[] faults) => (source, output) switch
    {
        (null, null) => [$"no fingerprint: {string.Join("; ", faults)}"],
        _ when source == output => [$"fingerprint {source}, of source and output"],
        _ => [$"fingerprint {output ?? "none"} of the output, {source ?? "none"} of the source"],
    };

    static (string? Value, string? Fault) Hash(Func<LogicalSide> open, RunOptions options, IRunProgress progress, CancellationToken cancel, bool closes = false)
    {
        try
        {
            var side = open();
            try { return (CheckpointFingerprint.Of(side, options, progress, cancel).Value, null); }
            finally
            {
                if (closes) { side.Reader.Dispose(); }
            }
        }
        catch (CheckpointException error) { return (null, error.Message); }
    }

    static class Throw
    {
        internal static UnsupportedCheckpointException None(Conversion conversion) => new(
            "VFY-2.3", conversion.Source.Path, "is no whole model of plain weights, and only those have a fingerprint");
    }
}
