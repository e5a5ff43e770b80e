using System.Text.Json.Nodes;
using Ckpt.Cli.Comparing;
using Ckpt.Formats;
using Ckpt.Models.Opening;
using Ckpt.Sharding;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Passes;
using Ckpt.Verify.Reports;

namespace Ckpt.Cli.Running;

/// <summary>
/// The second half of <c>--test_convert_precision</c>: what is written is opened anew, as whoever loads it would, and computes what the source does (VER-4.1).
/// </summary>
/// <param name="Lines">For people.</param>
/// <param name="Json">For the receipt.</param>
/// <param name="Faults">Where the two must be equal and are not: how.</param>
/// <param name="Section">For a page; null where no pass was run.</param>
sealed record PrecisionTest(IReadOnlyList<string> Lines, JsonObject Json, IReadOnlyList<string> Faults, ForwardSection? Section)
{
    // What Megatron-SWIFT advises; told, and not judged, where numbers were rounded.
    const double AdvisedMeanDiff = 0.1;

    /// <summary>Compares the forward passes of a source and of what was written of it.</summary>
    /// <param name="source">What is read.</param>
    /// <param name="folder">What was written, not published yet.</param>
    /// <param name="written">What is known of it that it does not say itself.</param>
    /// <param name="isExact">Whether every weight was written as it is, so that the passes must be equal.</param>
    /// <param name="options">The run's.</param>
    /// <param name="progress">Told.</param>
    /// <param name="cancel">Ends it.</param>
    internal static PrecisionTest Run(ModelCheckpoint source, string folder, ModelOpenOptions written, bool isExact, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        try
        {
            using var target = ModelCheckpoint.Open(folder, written);
            var (a, b, _) = ComparedSides.Numbers(source, target);
            var (sideA, sideB) = (PassSide.Of(a), PassSide.Of(b));
            var tokens = PassTokens.Usual(Math.Min(sideA.Model.Vocabulary, sideB.Model.Vocabulary), null, a, b);
            // Buffers of the conversion are gone, and not yet given back.
            var memory = (PassFlags.Left(options.MaxMemory) - options.HeldBytes) / 4 * 3;
            var report = PassComparison.Run(sideA, sideB, tokens.Samples, new PassOptions { MaxMemory = memory, Threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount }, progress, cancel);
            var said = ForwardVerification.Of(report, new PassCriteria { MeanDiff = isExact ? null : AdvisedMeanDiff }, a, b);
            var faults = isExact ? said.Faults : [];
            if (tokens.Note is { } note) { said.Json["note"] = note; }
            return new PrecisionTest([.. tokens.Note is { } told ? ["note: " + told] : Array.Empty<string>(), .. said.Lines], said.Json, faults, said.Section);
        }
        catch (Exception error) when (error is UnsupportedCheckpointException or BudgetException or MalformedCheckpointException { Clause: "INF-1.1" or "INF-1.2" })
        {
            var note = $"the weights alone are compared, without a forward pass: {error.Message}";
            return new PrecisionTest(["note: " + note], new JsonObject { ["note"] = note }, [], null);
        }
    }
}
