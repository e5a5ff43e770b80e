using System.Globalization;

namespace Ckpt.Verify.Reports;

/// <summary>Says how forward passes compare. Pure.</summary>
static class HtmlForward
{
    const int ShownTokens = 64;

    internal static void Say(HtmlText html, ForwardSection forward)
    {
        using var card = html.In("section", ("class", "card"), ("id", "forward"));
        html.Leaf("h2", "Forward pass");
        using (html.In("p", "tensor"))
        {
            html.Leaf("span", forward.IsEqual ? "the same" : forward.IsWithin ? "close enough" : "different", ("class", forward.IsEqual ? "badge ok" : forward.IsWithin ? "badge near" : "badge bad"));
            html.Leaf("span", forward.Headline);
        }
        if (forward.Input is { } input) { html.Leaf("pre", input, ("class", "input")); }
        if (forward.Figures.Count > 0) { Figures(html, forward.Figures); }
        if (forward.Layers.Count > 0) { Layers(html, forward); }
        if (forward.Tokens.Count > 0) { Tokens(html, forward.Tokens); }
    }

    static void Figures(HtmlText html, IReadOnlyList<ReportedFigure> figures)
    {
        using var list = html.In("dl", "numbers wide");
        foreach (var figure in figures)
        {
            using var pair = html.In("div");
            html.Leaf("dt", figure.Name).Leaf("dd", ReportNumbers.Measured(figure.Value)).Leaf("dd", figure.Meaning, ("class", "muted"));
        }
    }

    static void Layers(HtmlText html, ForwardSection forward)
    {
        html.Leaf("h3", "Hidden states along the model");
        html.Leaf("p", "The mean distance behind each module; each step of a bar is ten times the one before.", ("class", "muted"));
        using var table = html.In("table", "bars");
        using var body = html.In("tbody");
        for (var i = 0; i < forward.Layers.Count; i++)
        {
            var layer = forward.Layers[i];
            using var row = i == forward.FirstParting ? html.In("tr", "parting") : html.In("tr");
            using (html.In("th", ("scope", "row")))
            {
                html.Text(layer.NameA);
                if (layer.NameB != layer.NameA) { html.Leaf("small", layer.NameB); }
                if (i == forward.FirstParting) { html.Leaf("span", "parts here", ("class", "badge bad")); }
            }
            using (html.In("td", "bar"))
            {
                var level = HeatScale.Of(layer.MeanDiff);
                html.Leaf("i", "", ("class", HtmlWeights.Level(layer.MeanDiff)), ("style", string.Create(CultureInfo.InvariantCulture, $"width:{Math.Max(1, 100.0 * level / HeatScale.Levels):F1}%")));
            }
            html.Leaf("td", ReportNumbers.Measured(layer.MeanDiff), ("class", "number"));
        }
    }

    static void Tokens(HtmlText html, IReadOnlyList<ReportedToken> tokens)
    {
        html.Leaf("h3", "What each is held to be followed by");
        using (html.In("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", "Token by token")))
        {
            using var table = html.In("table", "list");
            html.Raw("<thead><tr><th scope=\"col\">token</th><th scope=\"col\">A: next</th><th scope=\"col\">B: next</th><th scope=\"col\"></th><th scope=\"col\" class=\"number\">mean_diff</th></tr></thead>");
            using var body = html.In("tbody");
            foreach (var token in tokens.Take(ShownTokens))
            {
                using var row = html.In("tr");
                html.Leaf("td", token.Place.ToString(CultureInfo.InvariantCulture)).Leaf("td", token.NextA).Leaf("td", token.NextB)
                    .Leaf("td", token.NextA == token.NextB ? "agree" : "differ", ("class", token.NextA == token.NextB ? "muted" : "some")).Leaf("td", ReportNumbers.Measured(token.MeanDiff), ("class", "number"));
            }
        }
        if (tokens.Count > ShownTokens) { html.Leaf("p", $"and {ReportNumbers.Of(tokens.Count - ShownTokens, "token")} more, in the JSON", ("class", "muted")); }
    }
}
