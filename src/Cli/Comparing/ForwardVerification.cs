using System.Globalization;
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
using Ckpt.Verify.Reports;

namespace Ckpt.Cli.Comparing;

/// <summary>A comparison of forward passes as it is reported.</summary>
/// <param name="Lines">For people.</param>
/// <param name="Json">For programs.</param>
/// <param name="Faults">What is further apart than it may be.</param>
/// <param name="Section">For a page.</param>
sealed record ForwardVerification(IReadOnlyList<string> Lines, JsonObject Json, IReadOnlyList<string> Faults, ForwardSection Section)
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
        return new ForwardVerification([.. PassReportText.Lines(report, names, places.Of, faults.Count > 0)], PassReportText.Json(report, places.Of), faults, Page(report, places, faults));
    }

    static ForwardSection Page(PassReport report, PassPlaces places, IReadOnlyList<string> faults)
    {
        var judged = report.WithLoss ?? report.All;
        var states = report.States.Select(state => new ReportedLayer(places.State(state.State).A, places.State(state.State).B, state.MeanDiff, state.MaxDiff)).ToArray();
        var parting = Array.FindIndex([.. report.States], static state => state.Relative != 0);
        return new ForwardSection
        {
            IsWithin = faults.Count == 0,
            IsEqual = report.IsEqual,
            Headline = report.IsEqual ? "mean_diff: 0: both compute the same" : string.Create(CultureInfo.InvariantCulture, $"mean_diff: {judged.MeanDiff:G6}, max_diff: {judged.MaxDiff:G6}{(faults.Count > 0 && report.Parting is { } at ? $"; they part at {places.Of(at.Point)}" : "")}"),
            Figures =
            [
                .. report.WithLoss is { } loss ? [new ReportedFigure("mean_diff (with loss)", loss.MeanDiff, "the mean distance of logits before tokens that are trained on")] : Array.Empty<ReportedFigure>(),
                new("mean_diff", report.All.MeanDiff, "the mean distance of logits"),
                new("max_diff", report.All.MaxDiff, "the largest"),
                new("token_diff", report.All.TokenDiff, "tokens chosen otherwise"),
                new("cosine", report.Cosine, "of the angle between all logits"),
                new("kl", report.Divergence, "Kullback-Leibler divergence of the probabilities, in nats"),
                new("argmax agreement", report.Agreement, "the part of tokens chosen alike"),
                new("deviation", report.Deviation, "the standard deviation of the first's logits"),
            ],
            Layers = states,
            FirstParting = parting < 0 ? null : parting,
            Tokens = [.. report.Chosen.SelectMany(static chosen => chosen.A.Zip(chosen.B)).Select((pair, i) => new ReportedToken(i, Text(pair.First), Text(pair.Second), report.TokenMeanDiff[i]))],
        };

        static string Text(int id) => id.ToString(CultureInfo.InvariantCulture);
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
