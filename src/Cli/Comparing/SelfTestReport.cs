using System.Globalization;
using System.Text.Json.Nodes;
using Ckpt.Cli.Commands;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Output;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Quantisation;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Passes;
using Ckpt.Verify.SelfTesting;

namespace Ckpt.Cli.Comparing;

/// <summary>Runs <c>verify --self_test</c> and says which check found which error.</summary>
static class SelfTestReport
{
    internal static CommandResult Run(ComparedCheckpoint checkpoint, FlagValues values, IRunProgress progress, Action<string> note, CancellationToken cancel)
    {
        var stored = checkpoint.Model;
        var model = ModelNumbers.Of(stored, ModelNumbers.SchemeOf(stored), ModelNumbers.MostOf(stored.Reader) ?? DType.F32);
        PassSide? side = null;
        try { side = PassSide.Of(model); }
        catch (UnsupportedCheckpointException error) { note($"without a forward pass: {error.Message}"); }
        var tokens = side is { } pass ? PassTokens.Of(values, pass.Model.Vocabulary, model) : new PassTokens([], null);
        if (tokens.Note is { } said) { note(said); }
        var results = SelfTest.Run(model, side, tokens.Samples, PassFlags.Options(values), VerifyCommand.RunOptionsOf(values), progress, cancel);
        var escaped = results.Count(static result => result.Escaped);
        return new CommandResult(escaped == 0 ? ExitCode.Done : ExitCode.Different, Json(results), Lines(results));
    }

    static IEnumerable<string> Lines(IReadOnlyList<SelfTestResult> results)
    {
        string[] head = ["planted error", "weights", "cause told", "forward mean_diff", "fingerprint", "doctor"];
        var rows = results.Where(static result => result.Place is not null).Select(Cells).Prepend(head).ToArray();
        var widths = Enumerable.Range(0, head.Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows) { yield return string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd(); }
        foreach (var result in results.Where(static result => result.Place is null)) { yield return $"not planted: {result.Error}, for which this model has no place"; }
        var (planted, escaped) = (results.Count(static result => result.Place is not null), results.Where(static result => result.Escaped).Select(static result => result.Error).ToArray());
        yield return escaped.Length == 0 ? $"all {planted} planted errors were found" : $"{escaped.Length} of {planted} planted errors escaped: {string.Join(", ", escaped)}";
    }

    static string[] Cells(SelfTestResult result) =>
    [
        result.Error,
        result.Weights == 0 ? "-" : result.Weights == 1 ? "1 tensor" : $"{result.Weights:N0} tensors",
        result.Cause is { } cause ? cause == result.ExpectedCause ? $"{cause}" : $"{cause} (for {(result.ExpectedCause is { } expected ? $"{expected}" : "none")})" : result.ExpectedCause is null ? "" : "-",
        result.MeanDiff switch { null => "", 0 => "-", { } mean => $"{(double.IsFinite(mean) ? mean.ToString("G4", CultureInfo.InvariantCulture) : "refused")}{(result.IsPlaced == true ? ", placed" : "")}" },
        result.Fingerprint ? "another" : "-",
        result.Doctor == 0 ? "-" : $"{result.Doctor} found",
    ];

    static JsonObject Json(IReadOnlyList<SelfTestResult> results) => new()
    {
        ["escaped"] = results.Count(static result => result.Escaped),
        ["errors"] = new JsonArray([.. results.Select(static result => new JsonObject
        {
            ["error"] = result.Error,
            ["place"] = result.Place,
            ["weights"] = result.Weights,
            ["cause"] = result.Cause?.ToString(),
            ["expected_cause"] = result.ExpectedCause?.ToString(),
            ["mean_diff"] = result.MeanDiff is { } mean ? double.IsFinite(mean) ? JsonValue.Create(mean) : JsonValue.Create("refused") : null,
            ["placed"] = result.IsPlaced,
            ["fingerprint"] = result.Fingerprint,
            ["doctor"] = result.Doctor,
            ["escaped"] = result.Escaped,
        })]),
    };
}
