using System.Reflection;
using System.Text;

namespace Ckpt.Verify.Reports;

/// <summary>
/// Says a report as one HTML page that needs nothing else: no network, no script, light and dark as the reader's system is (RPT-1.1 to RPT-1.4). Pure.
/// </summary>
public static class HtmlReport
{
    static readonly string s_style = Style();

    /// <summary>The page.</summary>
    public static string Of(VerificationReport report)
    {
        var html = new HtmlText();
        html.Raw("<!DOCTYPE html>\n");
        using (html.In("html", ("lang", "en")))
        {
            using (html.In("head"))
            {
                // Nothing but the style below is loaded or run, whatever the names and paths in it say.
                html.Raw("<meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">"
                    + "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\"><link rel=\"icon\" href=\"data:,\">");
                html.Leaf("title", $"{Word(report.Verdict)} · {report.Command}");
                html.Raw("<style>").Raw(s_style).Raw("</style>");
            }
            using var body = html.In("body");
            using var main = html.In("main");
            Verdict(html, report);
            Sides(html, report);
            if (report.Weights is { } weights) { HtmlWeights.Say(html, weights); }
            if (report.Forward is { } forward) { HtmlForward.Say(html, forward); }
            if (report.Weights is { } compared) { HtmlWeights.SayDifferences(html, compared); }
            if (report.Findings is { } findings) { HtmlFindings.Say(html, findings); }
            if (report.Notes.Count > 0) { Notes(html, report.Notes); }
            using var foot = html.In("footer");
            html.Text($"{report.Command}, ckpt {report.Version}. ").Text("Every number is in the JSON file of the same name beside this page.");
        }
        return html.ToString();
    }

    static void Verdict(HtmlText html, VerificationReport report)
    {
        using var banner = html.In("header", ("class", $"verdict {Css(report.Verdict)}"), ("id", "verdict"));
        html.Raw(Icon(report.Verdict));
        using var text = html.In("div");
        html.Leaf("p", report.Command, ("class", "kicker"));
        html.Leaf("h1", Word(report.Verdict));
        html.Leaf("p", report.Headline, ("class", "headline"));
    }

    static void Sides(HtmlText html, VerificationReport report)
    {
        if (report.Sides.Count == 0) { return; }
        using var sides = html.In("section", ("class", "sides"), ("aria-label", "What was looked at"));
        foreach (var side in report.Sides)
        {
            using var card = html.In("div", "card side");
            html.Leaf("span", side.Label, ("class", "label"));
            using var text = html.In("div");
            var name = Name(side.Path);
            html.Leaf("p", name, ("class", "name"));
            if (side.Path != name) { html.Leaf("p", side.Path, ("class", "path")); }
            html.Leaf("p", $"{side.Format} · {ReportNumbers.Of(side.Tensors, "tensor")} · {ReportNumbers.Bytes(side.Bytes)}", ("class", "muted"));
        }
    }

    /// <summary>What people call what lies at a path: a hub's model by its own name, else the folder's or file's.</summary>
    static string Name(string path)
    {
        var parts = path.Split('/');
        var model = Array.FindLastIndex(parts, static part => part.StartsWith("models--", StringComparison.Ordinal));
        return model >= 0 && parts.Length > model + 1 && parts[model + 1] == "snapshots"
            ? parts[model]["models--".Length..].Replace("--", "/", StringComparison.Ordinal)
            : Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
    }

    static void Notes(HtmlText html, IReadOnlyList<string> notes)
    {
        using var card = html.In("section", "card");
        html.Leaf("h2", "Notes");
        using var list = html.In("ul");
        foreach (var note in notes) { html.Leaf("li", note); }
    }

    static string Word(ReportVerdict verdict) => verdict switch
    {
        ReportVerdict.Same => "The same",
        ReportVerdict.Close => "Close enough",
        ReportVerdict.Different => "Different",
        ReportVerdict.Sound => "Sound",
        ReportVerdict.Suspect => "Worth a look",
        _ => "Broken",
    };

    static string Css(ReportVerdict verdict) => verdict switch { ReportVerdict.Same or ReportVerdict.Sound => "ok", ReportVerdict.Close or ReportVerdict.Suspect => "near", _ => "bad" };

    static string Icon(ReportVerdict verdict) => "<svg viewBox=\"0 0 48 48\" aria-hidden=\"true\"><circle cx=\"24\" cy=\"24\" r=\"22\"/><path d=\"" + verdict switch
    {
        ReportVerdict.Same or ReportVerdict.Sound => "M14 25l7 7 13-15",
        ReportVerdict.Close => "M12 21c4-5 8-5 12-1s8 4 12-1M12 31c4-5 8-5 12-1s8 4 12-1",
        ReportVerdict.Suspect => "M24 13v13M24 33v1",
        _ => "M16 16l16 16M32 16L16 32",
    } + "\"/></svg>";

    static string Style()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Ckpt.Verify.Reports.report.css")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
