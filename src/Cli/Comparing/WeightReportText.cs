using System.Globalization;
using System.Text.Json.Nodes;
using Ckpt.Cli.Running;
using Ckpt.Formats.Tensors;
using Ckpt.Verify.Comparing;

namespace Ckpt.Cli.Comparing;

/// <summary>Says what a comparison found, for people and for programs.</summary>
static class WeightReportText
{
    const int Shown = 20;
    const int WorstShown = 3;

    internal static IEnumerable<string> Lines(WeightReport report, string a, string b, string? note, bool isWithin)
    {
        var found = report.Found;
        if (note is not null) { yield return note; }
        foreach (var line in Some(found.OnlyInA.Select(name => $"only in {a}: {name}"))) { yield return line; }
        foreach (var line in Some(found.OnlyInB.Select(name => $"only in {b}: {name}"))) { yield return line; }
        foreach (var line in Some(report.Renamed.Select(static pair => $"{pair.NameB} of B is what A has as {pair.NameA}"))) { yield return line; }
        foreach (var line in Some(found.Forms.Select(static f => $"{f.Name}: {f.TypeA} {f.ShapeA} and {f.TypeB} {f.ShapeB}"))) { yield return line; }
        foreach (var line in Some(found.Bits.Differences.Select(static d => $"{d.Name}: {d.Elements:N0} elements differ, the first at {d.FirstElement:N0}"))) { yield return line; }
        foreach (var tensor in report.Tensors.Take(Shown))
        {
            foreach (var line in Details(report, tensor)) { yield return line; }
        }
        yield return Headline(report);
        if (!found.IsEqual && isWithin) { yield return "close: every element is within the tolerance asked for"; }
    }

    /// <summary>The comparison in one line.</summary>
    internal static string Headline(WeightReport report)
    {
        var found = report.Found;
        var differ = found.OnlyInA.Count + found.OnlyInB.Count + found.Forms.Count + found.Bits.Differences.Count;
        return found.IsEqual ? ConversionReport.Verdict(found.Bits) : $"different: {differ:N0} tensors; {found.Bits.Tensors - found.Bits.Differences.Count:N0} are bit-identical";
    }

    internal static JsonObject Json(WeightReport report, string? note, bool isWithin)
    {
        var found = report.Found;
        return new JsonObject
        {
            ["equal"] = found.IsEqual,
            ["close"] = isWithin,
            ["tensors"] = found.Bits.Tensors,
            ["bytes"] = found.Bits.Bytes,
            ["note"] = note,
            ["only_in_a"] = new JsonArray([.. found.OnlyInA.Select(static n => JsonValue.Create(n))]),
            ["only_in_b"] = new JsonArray([.. found.OnlyInB.Select(static n => JsonValue.Create(n))]),
            ["renamed"] = new JsonArray([.. report.Renamed.Select(static pair => new JsonObject { ["a"] = pair.NameA, ["b"] = pair.NameB })]),
            ["other_form"] = new JsonArray([.. found.Forms.Select(static f => JsonValue.Create(f.Name))]),
            ["different"] = new JsonArray([.. found.Bits.Differences.Select(static d => new JsonObject { ["name"] = d.Name, ["elements"] = d.Elements, ["first"] = d.FirstElement })]),
            ["details"] = new JsonArray([.. report.Tensors.Select(tensor => Json(report, tensor))]),
        };
    }

    static IEnumerable<string> Details(WeightReport report, TensorComparison tensor)
    {
        yield return $"{tensor.A.Name}:";
        if (tensor.OnlyTypesDiffer) { yield return $"  the same values, as {tensor.A.DType.DisplayName()} and as {tensor.B.DType.DisplayName()}"; yield break; }
        if (tensor.Diagnosis is { } diagnosis) { yield return $"  because: {diagnosis.Text}"; }
        if (tensor.Statistics is not { } s) { yield break; }
        yield return $"  max_diff {Text(s.MaxDiff)}, mean_diff {Text(s.MeanDiff)}, relative L2 {Text(s.RelativeL2)}, cosine {s.Cosine.ToString("F9", CultureInfo.InvariantCulture)}";
        if (s.NaNsA + s.NaNsB + s.InfinitiesA + s.InfinitiesB > 0) { yield return $"  NaN {s.NaNsA:N0} and {s.NaNsB:N0}, infinite {s.InfinitiesA:N0} and {s.InfinitiesB:N0}, NaN in one only {s.NaNMismatches:N0}"; }
        if (s.Steps is { Count: > 0 } steps) { yield return $"  steps apart: {string.Join(", ", steps.Select((count, bucket) => (count, bucket)).Where(static each => each.count > 0).Select(static each => $"{Bucket(each.bucket)}: {each.count:N0}"))}"; }
        foreach (var worst in s.Worst.Take(WorstShown)) { yield return $"  {Place(report.InA(tensor, worst.Element))} = {Text(worst.A)}, {Place(report.InB(tensor, worst.Element))} = {Text(worst.B)}"; }
    }

    static JsonObject Json(WeightReport report, TensorComparison tensor)
    {
        var json = new JsonObject { ["name"] = tensor.A.Name, ["types"] = new JsonArray(tensor.A.DType.DisplayName(), tensor.B.DType.DisplayName()), ["only_types_differ"] = tensor.OnlyTypesDiffer };
        if (tensor.Diagnosis is { } diagnosis) { json["diagnosis"] = new JsonObject { ["kind"] = diagnosis.Kind.ToString(), ["text"] = diagnosis.Text }; }
        if (tensor.Statistics is not { } s) { return json; }
        (json["elements"], json["different"], json["outside"]) = (s.Elements, s.Different, s.Outside);
        (json["max_diff"], json["mean_diff"], json["relative_l2"], json["cosine"]) = (Number(s.MaxDiff), Number(s.MeanDiff), Number(s.RelativeL2), Number(s.Cosine));
        (json["nan"], json["infinite"], json["nan_mismatches"]) = (new JsonArray(s.NaNsA, s.NaNsB), new JsonArray(s.InfinitiesA, s.InfinitiesB), s.NaNMismatches);
        json["steps"] = s.Steps is null ? null : new JsonArray([.. s.Steps.Select(static count => JsonValue.Create(count))]);
        json["worst"] = new JsonArray([.. s.Worst.Select(worst => new JsonObject
        {
            ["place_a"] = Place(report.InA(tensor, worst.Element)), ["place_b"] = Place(report.InB(tensor, worst.Element)), ["a"] = Number(worst.A), ["b"] = Number(worst.B),
        })]);
        return json;
    }

    internal static IEnumerable<string> Some(IEnumerable<string> lines)
    {
        var all = lines.ToList();
        foreach (var line in all.Take(Shown)) { yield return line; }
        if (all.Count > Shown) { yield return $"… and {all.Count - Shown:N0} more like that"; }
    }

    static string Place(Sharding.Maps.ElementPlace? place) => place?.ToString() ?? "padding";

    static string Bucket(int bucket) => bucket switch { 0 => "0", 1 => "1", 64 => "2^63 or more", _ => $"{1UL << (bucket - 1)}–{(1UL << bucket) - 1}" };

    static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    // JSON has no infinities.
    static JsonValue Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : JsonValue.Create(value.ToString(CultureInfo.InvariantCulture));
}
