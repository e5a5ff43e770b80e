using System.Globalization;
using System.Text.Json.Nodes;

namespace Ckpt.Verify.Reports;

/// <summary>Says a report as JSON: all of it, where the page shows what people can take in. Pure.</summary>
public static class ReportJson
{
    /// <summary>The whole report.</summary>
    public static JsonObject Of(VerificationReport report) => new()
    {
        ["command"] = report.Command,
        ["ckpt"] = report.Version,
        ["verdict"] = report.Verdict.ToString().ToLowerInvariant(),
        ["headline"] = report.Headline,
        ["sides"] = Array(report.Sides, static side => new JsonObject { ["label"] = side.Label, ["path"] = side.Path, ["format"] = side.Format, ["tensors"] = side.Tensors, ["bytes"] = side.Bytes }),
        ["weights"] = report.Weights is { } weights ? Of(weights) : null,
        ["forward"] = report.Forward is { } forward ? Of(forward) : null,
        ["findings"] = report.Findings is { } findings
            ? Array(findings, static finding => new JsonObject { ["severity"] = finding.Severity.ToString().ToLowerInvariant(), ["where"] = finding.Where, ["what"] = finding.What, ["advice"] = finding.Advice }) : null,
        ["notes"] = Array(report.Notes, static note => JsonValue.Create(note)),
    };

    static JsonObject Of(WeightSection weights) => new()
    {
        ["bytes"] = weights.Bytes,
        ["criteria"] = weights.Criteria is { } criteria ? new JsonObject { ["rtol"] = criteria.Relative, ["atol"] = criteria.Absolute } : null,
        ["only_in_a"] = Array(weights.OnlyInA, static name => JsonValue.Create(name)),
        ["only_in_b"] = Array(weights.OnlyInB, static name => JsonValue.Create(name)),
        ["renamed"] = Array(weights.Renamed, static pair => new JsonObject { ["a"] = pair.NameA, ["b"] = pair.NameB }),
        ["tensors"] = Array(weights.Tensors, Of),
    };

    static JsonObject Of(ReportedTensor tensor)
    {
        var json = new JsonObject { ["name"] = tensor.Name, ["state"] = State(tensor.State), ["form_a"] = tensor.FormA, ["form_b"] = tensor.FormB, ["elements"] = tensor.Elements, ["different"] = tensor.Different };
        if (tensor.Cause is { } cause) { json["cause"] = cause; }
        if (tensor.Statistics is not { } s) { return json; }
        (json["max_diff"], json["mean_diff"], json["relative_l2"], json["cosine"]) = (Number(s.MaxDiff), Number(s.MeanDiff), Number(s.RelativeL2), Number(s.Cosine));
        (json["nan"], json["infinite"]) = (new JsonArray(s.NaNsA, s.NaNsB), new JsonArray(s.InfinitiesA, s.InfinitiesB));
        json["steps"] = s.Steps is { } steps ? Array(steps, static count => JsonValue.Create(count)) : null;
        json["worst"] = Array(tensor.Worst, static worst => new JsonObject { ["place_a"] = worst.PlaceA, ["place_b"] = worst.PlaceB, ["a"] = Number(worst.A), ["b"] = Number(worst.B) });
        return json;
    }

    static JsonObject Of(ForwardSection forward) => new()
    {
        ["equal"] = forward.IsEqual,
        ["close"] = forward.IsWithin,
        ["headline"] = forward.Headline,
        ["input"] = forward.Input,
        ["figures"] = new JsonObject(forward.Figures.Select(static figure => KeyValuePair.Create(figure.Name, (JsonNode?)Number(figure.Value)))),
        ["layers"] = Array(forward.Layers, static layer => new JsonObject { ["a"] = layer.NameA, ["b"] = layer.NameB, ["mean_diff"] = Number(layer.MeanDiff), ["max_diff"] = Number(layer.MaxDiff) }),
        ["first_parting"] = forward.FirstParting,
        ["tokens"] = Array(forward.Tokens, static token => new JsonObject { ["place"] = token.Place, ["next_a"] = token.NextA, ["next_b"] = token.NextB, ["mean_diff"] = Number(token.MeanDiff) }),
    };

    static string State(TensorState state) => state switch
    {
        TensorState.Same => "same",
        TensorState.OtherType => "other_type",
        TensorState.Close => "close",
        TensorState.Different => "different",
        _ => "other_form",
    };

    static JsonArray Array<T>(IReadOnlyList<T> items, Func<T, JsonNode?> say) => new([.. items.Select(say)]);

    // JSON has no infinities.
    static JsonValue Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : JsonValue.Create(value.ToString(CultureInfo.InvariantCulture));
}
