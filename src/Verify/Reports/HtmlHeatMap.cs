using System.Globalization;

namespace Ckpt.Verify.Reports;

/// <summary>Says mean distances by layer and module: as colours, and the same as a table. Pure.</summary>
static class HtmlHeatMap
{
    const int MostLabels = 8;
    const int MostOutside = 400;
    const int DenseLayers = 48;

    internal static void Say(HtmlText html, IReadOnlyList<HeatStack> stacks)
    {
        using var card = html.In("section", ("class", "card"), ("id", "heat"));
        html.Leaf("h2", "mean_diff by layer and module");
        Legend(html);
        foreach (var stack in stacks)
        {
            html.Leaf("h3", stack.Stack.Length == 0 ? stacks.Count == 1 ? "Tensors" : "Outside of layers" : $"{stack.Stack}: {ReportNumbers.Of(stack.Layers, "layer")}");
            using (html.In("div", ("class", stack.Layers > DenseLayers ? "heat dense" : "heat"), ("style", string.Create(CultureInfo.InvariantCulture, $"--n:{stack.Layers}"))))
            {
                foreach (var row in stack.Rows.Take(MostOutside)) { Row(html, stack, row); }
                if (stack.Layers > 1) { Axis(html, stack.Layers); }
            }
            if (stack.Rows.Count > MostOutside) { html.Leaf("p", $"and {ReportNumbers.Count(stack.Rows.Count - MostOutside)} more, in the JSON", ("class", "muted")); }
        }
        Tables(html, stacks);
    }

    static void Legend(HtmlText html)
    {
        using var legend = html.In("p", ("class", "legend"), ("aria-hidden", "true"));
        for (var level = 0; level <= HeatScale.Levels; level++) { Key(html, string.Create(CultureInfo.InvariantCulture, $"h{level}"), level == 0 ? "bit-identical" : HeatScale.Text(level)); }
        Key(html, "hx", "in one only, or not measured");
    }

    static void Key(HtmlText html, string css, string text)
    {
        using var key = html.In("span", "key");
        html.Leaf("i", "", ("class", css)).Text(text);
    }

    static void Row(HtmlText html, HeatStack stack, HeatRow row)
    {
        html.Leaf("span", row.Module, ("class", "module"));
        html.Leaf("span", Differing(row), ("class", row.Cells.Any(static cell => cell.Differing > 0) ? "count some" : "count"));
        using var strip = html.In("div", ("class", "strip"), ("role", "img"), ("aria-label", Said(row)));
        for (var layer = 0; layer < row.Cells.Count; layer++)
        {
            var cell = row.Cells[layer];
            if (cell.Tensors == 0) { html.Raw("<i></i>"); }
            else { html.Leaf("i", "", ("class", HtmlWeights.Level(Shown(cell))), ("title", $"{(stack.Stack.Length == 0 ? "" : $"layer {layer}, ")}{row.Module}: {Told(cell)}")); }
        }
    }

    static void Axis(HtmlText html, int layers)
    {
        var step = (layers + MostLabels - 1) / MostLabels;
        using var axis = html.In("div", ("class", "axis"), ("aria-hidden", "true"));
        for (var layer = 0; layer < layers; layer += step) { html.Leaf("span", layer.ToString(CultureInfo.InvariantCulture), ("style", string.Create(CultureInfo.InvariantCulture, $"grid-column:{layer + 1}"))); }
    }

    /// <summary>The numbers behind the colours.</summary>
    static void Tables(HtmlText html, IReadOnlyList<HeatStack> stacks)
    {
        using var details = html.In("details");
        html.Leaf("summary", "The same as a table");
        var any = false;
        using (html.In("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", "Mean distances as a table")))
        {
            using var table = html.In("table", "list");
            html.Raw("<thead><tr><th scope=\"col\">layer</th><th scope=\"col\">module</th><th scope=\"col\" class=\"number\">tensors</th><th scope=\"col\" class=\"number\">not the same</th><th scope=\"col\" class=\"number\">mean_diff</th></tr></thead>");
            using var body = html.In("tbody");
            foreach (var stack in stacks)
            {
                foreach (var row in stack.Rows)
                {
                    for (var layer = 0; layer < row.Cells.Count; layer++)
                    {
                        var cell = row.Cells[layer];
                        if (cell.Differing == 0) { continue; }
                        any = true;
                        using var line = html.In("tr");
                        html.Leaf("td", stack.Stack.Length == 0 ? "–" : $"{stack.Stack}.{layer}").Leaf("td", row.Module).Leaf("td", ReportNumbers.Count(cell.Tensors), ("class", "number"))
                            .Leaf("td", ReportNumbers.Count(cell.Differing), ("class", "number")).Leaf("td", ReportNumbers.Measured(cell.MeanDiff), ("class", "number"));
                    }
                }
            }
        }
        html.Leaf("p", any ? "Layers and modules that are not listed are bit-identical." : "All layers and modules are bit-identical.", ("class", "muted"));
    }

    // Values that are equal and only the types differ are no distance, and not the same either.
    static double? Shown(HeatCell cell) => cell is { Differing: > 0, MeanDiff: 0 } ? double.Epsilon : cell.MeanDiff;

    static string Told(HeatCell cell) => cell.Differing == 0 ? "bit-identical" : cell.MeanDiff is null ? "in one only, or not measured" : $"mean_diff {ReportNumbers.Measured(cell.MeanDiff)}{(cell.Tensors == 1 ? "" : $", {ReportNumbers.Count(cell.Differing)} of {ReportNumbers.Count(cell.Tensors)} tensors differ")}";

    static string Differing(HeatRow row)
    {
        var (differing, all) = (row.Cells.Count(static cell => cell.Differing > 0), row.Cells.Count(static cell => cell.Tensors > 0));
        return differing == 0 ? "same" : all == 1 ? "differs" : $"{ReportNumbers.Count(differing)} of {ReportNumbers.Count(all)}";
    }

    static string Said(HeatRow row)
    {
        var differing = row.Cells.Count(static cell => cell.Differing > 0);
        return differing == 0
            ? $"{row.Module}: bit-identical in {ReportNumbers.Of(row.Cells.Count(static cell => cell.Tensors > 0), "layer")}"
            : $"{row.Module}: not the same in {ReportNumbers.Of(differing, "layer")}, mean_diff up to {ReportNumbers.Measured(row.Cells.Max(static cell => cell.MeanDiff))}";
    }
}
