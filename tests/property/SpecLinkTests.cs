using System.Text;
using System.Text.RegularExpressions;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests;

/// <summary>Holds the clauses of <c>spec/</c>, the tests and vectors that name them, and the code that throws them to each other.</summary>
public sealed partial class SpecLinkTests
{
    static readonly IReadOnlyList<SpecClause> s_clauses = SpecClause.All();
    static readonly HashSet<string> s_ids = [.. s_clauses.Where(c => !c.IsWithdrawn).Select(c => c.Id)];

    [Fact]
    public void NoClauseIdStandsTwice() =>
        Faults.None(s_clauses.GroupBy(c => c.Id).Where(g => g.Count() > 1).Select(g => $"{g.Key} in {string.Join(", ", g.Select(c => c.File))}"));

    [Fact]
    public void EveryHeadingOfTheThirdLevelIsAClause()
    {
        var headings = SourceFiles.Below("spec", "*.md").SelectMany(f => SourceFiles.Text(f).Split('\n')).Where(l => l.StartsWith("### ", StringComparison.Ordinal));
        var known = s_clauses.Select(c => $"### {c.Id} — {c.Title}").ToHashSet();
        var faults = headings.Where(h => !known.Contains(h));
        Faults.None(faults);
    }

    [Fact]
    public void EveryNormativeClauseSaysWhatMustBeAndWhere()
    {
        var faults = s_clauses.Where(c => c.IsNormative && !(c.Lines.Any(l => l.Contains("MUST", StringComparison.Ordinal)) && c.Lines.Any(l => l.StartsWith("Source: ", StringComparison.Ordinal))));
        Faults.None(faults.Select(c => c.Id));
    }

    [Fact]
    public void EveryNormativeClauseHasATest()
    {
        var tests = TestsByClause();
        WriteCoverage(tests);
        Faults.None(s_clauses.Where(c => c.IsNormative && !tests.Contains(c.Id)).Select(c => c.Id));
    }

    [Fact]
    public void EveryTestAndVectorNamesAClause() =>
        Faults.None(TestsByClause().Where(g => !s_ids.Contains(g.Key)).Select(g => $"{g.Key}: {string.Join(", ", g)}"));

    [Fact]
    public void EveryClauseThatCodeThrowsIsSpecifiedAndTested()
    {
        var tests = TestsByClause();
        var thrown = SourceFiles.CSharp("src").SelectMany(file => Literal().Matches(SourceFiles.Text(file)).Select(m => (Id: m.Groups["id"].Value, File: file))).Distinct();
        Faults.None(thrown.Where(t => !s_ids.Contains(t.Id) || !tests.Contains(t.Id)).Select(t => $"{t.Id} in {t.File}"));
    }

    /// <summary>Clause → the test methods and reject vectors that name it.</summary>
    static ILookup<string, string> TestsByClause()
    {
        var links = new List<(string Id, string Test)>();
        foreach (var file in SourceFiles.CSharp("tests"))
        {
            var text = SourceFiles.Text(file);
            foreach (Match match in Attribute().Matches(text))
            {
                var method = Method().Match(text, match.Index);
                links.Add((match.Groups["id"].Value, $"{Path.GetFileNameWithoutExtension(file)}.{(method.Success ? method.Groups["name"].Value : "?")}"));
            }
        }
        links.AddRange(RejectVectors.All().Select(v => (v.Clause, $"{v.Format}/reject/{v.Name}")));
        return links.ToLookup(l => l.Id, l => l.Test);
    }

    static void WriteCoverage(ILookup<string, string> tests)
    {
        var table = new StringBuilder("# Clauses and what holds the code to them\n\n| Clause | Statement | Tests | Vectors |\n|---|---|---|---|\n");
        foreach (var clause in s_clauses)
        {
            var (vectors, methods) = (tests[clause.Id].Count(t => t.Contains('/')), tests[clause.Id].Where(t => !t.Contains('/')).Distinct());
            table.Append(null, $"| {clause.Id} | {clause.Title} | {string.Join(", ", methods)} | {vectors} |\n");
        }
        var folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts")).FullName;
        File.WriteAllText(Path.Combine(folder, "spec-coverage.md"), table.ToString());
    }

    [GeneratedRegex(@"Clause\(""(?<id>[^""]+)""\)", RegexOptions.CultureInvariant)]
    private static partial Regex Attribute();

    [GeneratedRegex(@"public (async )?[A-Za-z<>]+ (?<name>[A-Za-z0-9_]+)(\(|$| )", RegexOptions.CultureInvariant)]
    private static partial Regex Method();

    [GeneratedRegex(@"""(?<id>[A-Z]{2,4}-[0-9]+\.[0-9]+)""", RegexOptions.CultureInvariant)]
    private static partial Regex Literal();
}
