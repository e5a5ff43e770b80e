using System.Text.Json.Nodes;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Layouts;
using Ckpt.Formats;
using Ckpt.Formats.Megatron;
using Ckpt.Models.Families;
using Ckpt.Models.Megatron.Ranks;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Layouts;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Passes;

namespace Ckpt.Cli.Comparing;

/// <summary>A comparison of forward passes as it is reported.</summary>
/// <param name="Lines">For people.</param>
/// <param name="Json">For programs.</param>
/// <param name="Faults">What is further apart than it may be.</param>
sealed record ForwardVerification(IReadOnlyList<string> Lines, JsonObject Json, IReadOnlyList<string> Faults)
{
    // Sums by rank are in another order: what INF-4.1 allows for that, of the logits' deviation.
    const double RankedTolerance = 2e-5;

    /// <summary>Compares two checkpoints, or one as a whole with itself by ranks.</summary>
    internal static ForwardVerification Run(ComparedCheckpoint a, ComparedCheckpoint? b, FlagValues values, bool isRanked, PassCriteria criteria, IRunProgress progress, Action<string> note, CancellationToken cancel)
    {
        var (modelA, modelB, type) = b is null ? (a.Model, a.Model, null) : ComparedSides.Numbers(a.Model, b.Model);
        if (type is { } to) { note($"quantised weights are compared as {to}"); }
        // By ranks is the one that Megatron has; of two the second, so that the first is what it is held to.
        var (ranksA, ranksB) = !isRanked ? (false, false) : modelB.Naming == FamilySide.Megatron ? (false, true) : (modelA.Naming == FamilySide.Megatron, false);
        if (isRanked && !ranksA && !ranksB) { throw new UnsupportedCheckpointException("VER-3.3", a.Path, "is no checkpoint of Megatron's, which ranks hold"); }
        var (sideA, sideB) = (Side(modelA, values, ranksA, note), Side(modelB, values, ranksB, note));
        var tokens = PassTokens.Of(values, Math.Min(sideA.Model.Vocabulary, sideB.Model.Vocabulary), modelA, modelB);
        if (tokens.Note is { } said) { note(said); }
        var report = PassComparison.Run(sideA, sideB, tokens.Samples, PassFlags.Options(values), progress, cancel);
        if (isRanked && !criteria.IsAsked) { criteria = criteria with { MaxDiff = RankedTolerance * report.Deviation }; }
        return Of(report, criteria, modelA, modelB);
    }

    /// <summary>A report in words, with what of it does not meet the criteria.</summary>
    internal static ForwardVerification Of(PassReport report, PassCriteria criteria, ModelCheckpoint a, ModelCheckpoint b)
    {
        var places = new PassPlaces(a, b);
        var names = (a.Naming, b.Naming) switch
        {
            (FamilySide.Hf, FamilySide.Megatron) => new PassNames("hf", "mg"),
            (FamilySide.Megatron, FamilySide.Hf) => new PassNames("mg", "hf"),
            _ => new PassNames("a", "b"),
        };
        var faults = criteria.Faults(report);
        return new ForwardVerification([.. PassReportText.Lines(report, names, places.Of, faults.Count > 0)], PassReportText.Json(report, places.Of), faults);
    }

    static PassSide Side(ModelCheckpoint model, FlagValues values, bool isRanked, Action<string> note)
    {
        if (!isRanked) { return PassSide.Of(model); }
        var layout = Layout(values, model.Megatron!);
        var sizes = layout.Grid.Sizes;
        note($"{model.Reader.Path} is computed by ranks: TP {sizes.Tensor}, PP {sizes.Pipeline}{(sizes.VirtualPipeline > 1 ? $", VPP {sizes.VirtualPipeline}" : "")}, EP {sizes.Expert}, ETP {sizes.ExpertTensorSize}");
        return PassSide.OfRanks(model, layout);
    }

    /// <summary>The layout that flags say, else the checkpoint's own.</summary>
    static ParallelLayout Layout(FlagValues values, IMegatronReader reader)
    {
        if (!LayoutFlags.All.Any(flag => values.Has(flag.Name))) { return RecordedLayout.Of(reader); }
        var sizes = LayoutFlags.Sizes(values);
        return RecordedLayout.Of(reader, sizes, LayoutFlags.Stages(values, sizes));
    }
}
