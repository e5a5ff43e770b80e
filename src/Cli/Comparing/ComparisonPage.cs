using Ckpt.Verify.Comparing;
using Ckpt.Verify.Reports;

namespace Ckpt.Cli.Comparing;

/// <summary>Makes the report of a comparison of weights. Pure but for looking through the sides' names.</summary>
static class ComparisonPage
{
    internal static VerificationReport Of(string command, (string Label, string Path) a, (string Label, string Path) b, ComparedSides sides, WeightReport report, Tolerance? criteria, string headline)
    {
        var isClose = criteria is not null && report.IsWithin;
        return new VerificationReport
        {
            Command = command,
            Version = Application.Version,
            Verdict = report.IsEqual ? ReportVerdict.Same : isClose ? ReportVerdict.Close : ReportVerdict.Different,
            Headline = headline,
            Sides = [ReportedSide.Of(a.Label, a.Path, sides.A.Reader), ReportedSide.Of(b.Label, b.Path, sides.B.Reader)],
            Weights = WeightSection.Of(sides.A, sides.B, report, criteria),
            Notes = sides.Note is { } note ? [note] : [],
        };
    }
}
