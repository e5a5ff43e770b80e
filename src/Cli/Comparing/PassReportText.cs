using System.Globalization;
using System.Text.Json.Nodes;
using Ckpt.Inference;
using Ckpt.Verify.Passes;

namespace Ckpt.Cli.Comparing;

/// <summary>What forward passes are called in a report: whose tokens are whose.</summary>
/// <param name="A">The first, <c>hf</c> or <c>mg</c> where the two are of each.</param>
/// <param name="B">The second.</param>
readonly record struct PassNames(string A, string B);

/// <summary>Says what a comparison of forward passes found, in the words of Megatron-SWIFT's precision test, and more.</summary>
static class PassReportText
{
    const int TokensShown = 64;

    /// <summary>The lines.</summary>
    /// <param name="report">What was found.</param>
    /// <param name="names">What the two are called.</param>
    /// <param name="place">A point in both namings.</param>
    /// <param name="isFar">Whether they are further apart than they may be, and it is told where.</param>
    internal static IEnumerable<string> Lines(PassReport report, PassNames names, Func<ForwardPoint, string> place, bool isFar)
    {
        yield return $"token_mean_diff: [{Some(report.TokenMeanDiff, static value => Text(value))}]";
        yield return $"mean_diff: {Text(report.All.MeanDiff)}, max_diff: {Text(report.All.MaxDiff)}";
        if (report.WithLoss is { } loss) { yield return $"mean_diff (with loss): {Text(loss.MeanDiff)}, max_diff (with loss): {Text(loss.MaxDiff)} (Please check that mean_diff (with loss) is less than 0.1)."; }
        foreach (var (a, b) in report.Chosen.Select(static chosen => (chosen.A, chosen.B)))
        {
            yield return $"{names.A}_tokens: [{Some(a, static id => id.ToString(CultureInfo.InvariantCulture))}]";
            yield return $"{names.B}_tokens: [{Some(b, static id => id.ToString(CultureInfo.InvariantCulture))}]";
        }
        yield return $"token_diff: {report.All.TokenDiff}{(report.WithLoss is { } with ? $", token_diff (with loss): {with.TokenDiff}" : "")}";
        yield return $"cosine: {report.Cosine.ToString("F12", CultureInfo.InvariantCulture)}, kl: {Text(report.Divergence)}, argmax agreement: {report.Agreement.ToString("P2", CultureInfo.InvariantCulture)}, deviation of {names.A}'s logits: {Text(report.Deviation)}";
        if (!isFar) { yield break; }
        yield return "hidden states, relative difference and max_diff:";
        foreach (var state in report.States) { yield return $"  {StateName(state.State, report.States.Count)}: {Text(state.Relative)}, {Text(state.MaxDiff)}"; }
        if (report.Parting is { } parting) { yield return $"parts {Where(parting.Point)} {place(parting.Point)}: from {Text(parting.Before)} to {Text(parting.Relative)}"; }
    }

    internal static JsonObject Json(PassReport report, Func<ForwardPoint, string> place)
    {
        var json = new JsonObject
        {
            ["equal"] = report.IsEqual,
            ["mean_diff"] = Number(report.All.MeanDiff),
            ["max_diff"] = Number(report.All.MaxDiff),
            ["token_diff"] = report.All.TokenDiff,
            ["tokens"] = report.All.Tokens,
            ["vocabulary"] = report.Vocabulary,
            ["cosine"] = Number(report.Cosine),
            ["kl"] = Number(report.Divergence),
            ["argmax_agreement"] = report.Agreement,
            ["deviation"] = Number(report.Deviation),
            ["token_mean_diff"] = new JsonArray([.. report.TokenMeanDiff.Select(static value => Number(value))]),
            ["tokens_a"] = new JsonArray([.. report.Chosen.Select(static chosen => Ids(chosen.A))]),
            ["tokens_b"] = new JsonArray([.. report.Chosen.Select(static chosen => Ids(chosen.B))]),
            ["states"] = new JsonArray([.. report.States.Select(static state => new JsonObject { ["state"] = state.State, ["relative"] = Number(state.Relative), ["mean_diff"] = Number(state.MeanDiff), ["max_diff"] = Number(state.MaxDiff) })]),
        };
        if (report.WithLoss is { } loss) { json["with_loss"] = new JsonObject { ["mean_diff"] = Number(loss.MeanDiff), ["max_diff"] = Number(loss.MaxDiff), ["token_diff"] = loss.TokenDiff, ["tokens"] = loss.Tokens }; }
        if (report.Parting is { } parting)
        {
            json["parting"] = new JsonObject
            {
                ["layer"] = parting.Point.Layer,
                ["weight"] = parting.Point.Weight,
                ["expert"] = parting.Point.Expert,
                ["is_input"] = parting.Point.IsInput,
                ["place"] = place(parting.Point),
                ["before"] = Number(parting.Before),
                ["relative"] = Number(parting.Relative),
            };
        }
        return json;
    }

    static string Where(ForwardPoint point) => $"{(point.Layer < 0 ? "outside layers" : $"in layer {point.Layer}")}, {(point.IsInput ? "before" : "at")}";

    static string StateName(int state, int states) => state == 0 ? "embeddings" : $"layer {state - 1}{(state == states - 1 ? ", normalised" : "")}";

    static string Some<T>(IReadOnlyList<T> all, Func<T, string> text) => string.Join(", ", all.Take(TokensShown).Select(text)) + (all.Count > TokensShown ? $", … ({all.Count} in all)" : "");

    static JsonArray Ids(IReadOnlyList<int> ids) => new([.. ids.Select(static id => JsonValue.Create(id))]);

    static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    // JSON has no infinities.
    static JsonValue Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : JsonValue.Create(value.ToString(CultureInfo.InvariantCulture));
}
