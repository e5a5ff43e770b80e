using System.Globalization;

namespace Ckpt.Verify.Reports;

/// <summary>Says how weights compare: figures, heat map, histograms, the worst tensors. Pure.</summary>
static class HtmlWeights
{
    const int OpenTensors = 8;
    const int ShownTensors = 100;
    const int ShownNames = 200;

    internal static void Say(HtmlText html, WeightSection weights)
    {
        Figures(html, weights, weights.Worst);
        if (weights.Tensors.Count + weights.OnlyInA.Count + weights.OnlyInB.Count > 0) { HtmlHeatMap.Say(html, HeatMap.Of(weights)); }
        Histograms(html, weights.Tensors);
    }

    /// <summary>What differs, one by one.</summary>
    internal static void SayDifferences(HtmlText html, WeightSection weights)
    {
        var worst = weights.Worst;
        if (worst.Count > 0) { Worst(html, worst); }
        Names(html, "Only in A", weights.OnlyInA);
        Names(html, "Only in B", weights.OnlyInB);
        Names(html, "Under another name", [.. weights.Renamed.Select(static pair => $"{pair.NameB} of B is what A has as {pair.NameA}")]);
    }

    static void Figures(HtmlText html, WeightSection weights, IReadOnlyList<ReportedTensor> worst)
    {
        using var section = html.In("section", ("class", "figures"), ("aria-label", "Weights in numbers"));
        var measured = worst.Select(static tensor => tensor.Statistics).OfType<Comparing.DifferenceStatistics>().ToArray();
        Figure(html, ReportNumbers.Count(weights.Tensors.Count(static tensor => tensor.State == TensorState.Same)), $"of {ReportNumbers.Of(weights.Tensors.Count, "tensor")} bit-identical", "");
        Figure(html, ReportNumbers.Count(worst.Count), "not the same", worst.Count > 0 ? "bad" : "");
        Figure(html, ReportNumbers.Count(weights.OnlyInA.Count + weights.OnlyInB.Count), "in only one of both", weights.OnlyInA.Count + weights.OnlyInB.Count > 0 ? "bad" : "");
        Figure(html, ReportNumbers.Measured(measured.Length == 0 ? 0 : measured.Max(static each => each.MaxDiff)), "max_diff", "");
        Figure(html, ReportNumbers.Measured(measured.Length == 0 ? 0 : measured.Max(static each => each.MeanDiff)), "largest mean_diff of a tensor", "");
        Figure(html, ReportNumbers.Bytes(weights.Bytes), "compared bit for bit", "");
    }

    static void Figure(HtmlText html, string value, string what, string css)
    {
        using var card = html.In("div", "card figure");
        html.Leaf("p", value, ("class", $"value {css}".TrimEnd()));
        html.Leaf("p", what, ("class", "muted"));
    }

    static void Histograms(HtmlText html, IReadOnlyList<ReportedTensor> tensors)
    {
        var (steps, distances) = (ReportBars.Steps(tensors), ReportBars.Distances(tensors));
        if (steps.Count + distances.Count == 0) { return; }
        using var pair = html.In("div", "pair");
        if (distances.Count > 0) { Bars(html, "Tensors by mean_diff", "How many tensors have a mean distance of this size.", distances); }
        if (steps.Count > 0) { Bars(html, "Elements by steps apart (ULP)", "How many values of their type lie from one element to the other, where they differ.", steps); }
    }

    static void Bars(HtmlText html, string title, string caption, IReadOnlyList<ReportBar> bars)
    {
        using var card = html.In("section", "card");
        html.Leaf("h2", title);
        html.Leaf("p", $"{caption} Lengths are logarithmic.", ("class", "muted"));
        using var table = html.In("table", "bars");
        using var body = html.In("tbody");
        var most = bars.Max(static bar => bar.Count);
        foreach (var bar in bars)
        {
            using var row = html.In("tr");
            html.Leaf("th", bar.Label, ("scope", "row"));
            using (html.In("td", "bar")) { html.Leaf("i", "", ("style", string.Create(CultureInfo.InvariantCulture, $"width:{ReportBars.Length(bar.Count, most):F1}%"))); }
            html.Leaf("td", ReportNumbers.Count(bar.Count), ("class", "number"));
        }
    }

    static void Worst(HtmlText html, IReadOnlyList<ReportedTensor> worst)
    {
        using var card = html.In("section", ("class", "card"), ("id", "worst"));
        html.Leaf("h2", "Where they differ");
        html.Leaf("p", worst.Count > ShownTensors ? $"The {ShownTensors} of {ReportNumbers.Count(worst.Count)} tensors furthest apart; the others are in the JSON." : "All tensors that are not the same, those furthest apart first.", ("class", "muted"));
        using (html.In("ol", "tensors"))
        {
            foreach (var tensor in worst.Take(OpenTensors)) { Tensor(html, tensor); }
        }
        if (worst.Count <= OpenTensors) { return; }
        using var details = html.In("details");
        html.Leaf("summary", $"{ReportNumbers.Count(Math.Min(worst.Count, ShownTensors) - OpenTensors)} more");
        using var more = html.In("ol", "tensors");
        foreach (var tensor in worst.Take(ShownTensors).Skip(OpenTensors)) { Tensor(html, tensor); }
    }

    static void Tensor(HtmlText html, ReportedTensor tensor)
    {
        using var item = html.In("li");
        using (html.In("div", "tensor"))
        {
            html.Leaf("span", "", ("class", $"swatch {Level(tensor.MeanDiff)}"), ("aria-hidden", "true"));
            html.Leaf("code", tensor.Name, ("class", "name"));
            html.Leaf("span", State(tensor.State), ("class", "badge"));
        }
        if (tensor.Cause is { } cause) { html.Leaf("p", cause, ("class", "cause")); }
        html.Leaf("p", tensor.FormA == tensor.FormB ? tensor.FormA : $"A {tensor.FormA}, B {tensor.FormB}", ("class", "muted"));
        if (tensor.Statistics is not { } s) { return; }
        using (html.In("dl", "numbers"))
        {
            Number(html, "differ", $"{ReportNumbers.Count(s.Different)} of {ReportNumbers.Count(s.Elements)}");
            Number(html, "max_diff", ReportNumbers.Measured(s.MaxDiff));
            Number(html, "mean_diff", ReportNumbers.Measured(s.MeanDiff));
            Number(html, "relative L2", ReportNumbers.Measured(s.RelativeL2));
            Number(html, "cosine", ReportNumbers.Cosine(s.Cosine));
            if (s.NaNsA + s.NaNsB > 0) { Number(html, "NaN", $"{ReportNumbers.Count(s.NaNsA)} in A, {ReportNumbers.Count(s.NaNsB)} in B"); }
            if (s.InfinitiesA + s.InfinitiesB > 0) { Number(html, "infinite", $"{ReportNumbers.Count(s.InfinitiesA)} in A, {ReportNumbers.Count(s.InfinitiesB)} in B"); }
        }
        if (tensor.Worst.Count > 0) { Elements(html, tensor.Worst); }
    }

    static void Elements(HtmlText html, IReadOnlyList<ReportedElement> worst)
    {
        using var details = html.In("details");
        html.Leaf("summary", $"{ReportNumbers.Of(worst.Count, "element")} furthest apart, in both namings");
        using var scroll = html.In("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", "Elements furthest apart"));
        using var table = html.In("table", "list");
        html.Raw("<thead><tr><th scope=\"col\">in A</th><th scope=\"col\" class=\"number\">value</th><th scope=\"col\">in B</th><th scope=\"col\" class=\"number\">value</th></tr></thead>");
        using var body = html.In("tbody");
        foreach (var element in worst)
        {
            using var row = html.In("tr");
            html.Leaf("td", element.PlaceA ?? "padding").Leaf("td", Exact(element.A), ("class", "number")).Leaf("td", element.PlaceB ?? "padding").Leaf("td", Exact(element.B), ("class", "number"));
        }
    }

    static void Names(HtmlText html, string title, IReadOnlyList<string> names)
    {
        if (names.Count == 0) { return; }
        using var card = html.In("section", "card");
        using var details = names.Count <= 12 ? html.In("details", ("open", "")) : html.In("details");
        html.Leaf("summary", $"{title}: {ReportNumbers.Count(names.Count)}");
        using var list = html.In("ul", "names");
        foreach (var name in names.Take(ShownNames)) { html.Leaf("li", name); }
        if (names.Count > ShownNames) { html.Leaf("li", $"and {ReportNumbers.Count(names.Count - ShownNames)} more, in the JSON"); }
    }

    static void Number(HtmlText html, string name, string value)
    {
        using var pair = html.In("div");
        html.Leaf("dt", name).Leaf("dd", value);
    }

    /// <summary>The class of a mean distance's colour.</summary>
    internal static string Level(double? meanDiff) => meanDiff is { } distance ? string.Create(CultureInfo.InvariantCulture, $"h{HeatScale.Of(distance)}") : "hx";

    static string State(TensorState state) => state switch
    {
        TensorState.OtherType => "same values, another type",
        TensorState.Close => "within tolerance",
        TensorState.OtherForm => "another form",
        _ => "different",
    };

    static string Exact(double value) => value.ToString("G9", CultureInfo.InvariantCulture);
}
