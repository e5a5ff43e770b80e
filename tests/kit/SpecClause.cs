using System.Text.RegularExpressions;

namespace Ckpt.Kit;

/// <summary>A clause of <c>spec/</c>, as its heading and the lines below have it.</summary>
/// <param name="Id">Such as <c>SFT-1.3</c>.</param>
/// <param name="Title">What stands after the dash.</param>
/// <param name="File">The file below <c>spec/</c>.</param>
/// <param name="Lines">The lines between this heading and the next.</param>
public sealed partial record SpecClause(string Id, string Title, string File, IReadOnlyList<string> Lines)
{
    /// <summary>Whether a test must hold the code to it: not informative, not withdrawn.</summary>
    public bool IsNormative => !Title.Contains("(informative)", StringComparison.Ordinal) && !IsWithdrawn;

    /// <summary>Whether nothing may name it any more.</summary>
    public bool IsWithdrawn => Title.Contains("(withdrawn)", StringComparison.Ordinal);

    /// <summary>Every clause of every file, in file order; an id that stands twice is there twice.</summary>
    public static IReadOnlyList<SpecClause> All()
    {
        var clauses = new List<SpecClause>();
        foreach (var path in Directory.EnumerateFiles(Path.Combine(Repository.Root, "spec"), "*.md").Order(StringComparer.Ordinal))
        {
            clauses.AddRange(Parse(Path.GetFileName(path), System.IO.File.ReadAllLines(path)));
        }
        return clauses;
    }

    static IEnumerable<SpecClause> Parse(string file, string[] lines)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            if (Heading().Match(lines[i]) is not { Success: true } heading) { continue; }
            var body = lines.Skip(i + 1).TakeWhile(line => !line.StartsWith('#')).ToList();
            yield return new SpecClause(heading.Groups["id"].Value, heading.Groups["title"].Value, file, body);
        }
    }

    [GeneratedRegex(@"^### (?<id>[A-Z]{2,4}-[0-9]+\.[0-9]+) — (?<title>.+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Heading();
}
