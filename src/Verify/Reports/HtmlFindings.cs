using Ckpt.Verify.Doctoring;

namespace Ckpt.Verify.Reports;

/// <summary>Says what an examination found. Pure.</summary>
static class HtmlFindings
{
    internal static void Say(HtmlText html, IReadOnlyList<Finding> findings)
    {
        using var card = html.In("section", ("class", "card"), ("id", "findings"));
        html.Leaf("h2", "Findings");
        if (findings.Count == 0) { html.Leaf("p", "Nothing was found."); return; }
        using var list = html.In("ol", "tensors");
        foreach (var finding in findings)
        {
            using var item = html.In("li");
            using (html.In("div", "tensor"))
            {
                var (word, css) = finding.Severity switch { Severity.Broken => ("broken", "bad"), Severity.Warning => ("look at", "near"), _ => ("note", "") };
                html.Leaf("span", word, ("class", $"badge {css}".TrimEnd()));
                html.Leaf("code", finding.Where, ("class", "name"));
            }
            html.Leaf("p", finding.What).Leaf("p", finding.Advice, ("class", "muted"));
        }
    }
}
