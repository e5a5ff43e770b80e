using System.Text.RegularExpressions;
using Xunit;

namespace Ckpt.PropertyTests;

/// <summary>The rules of the house that a compiler does not know.</summary>
public sealed partial class HouseStyleTests
{
    const int LongestFile = 500;

    /// <summary>Files that may be longer, each for a reason that stands beside it.</summary>
    static readonly HashSet<string> s_longFiles = new(StringComparer.Ordinal);

    /// <summary>Words that a type's name must not end with: they say nothing.</summary>
    static readonly string[] s_emptyWords = ["Manager", "Helper", "Helpers", "Utils", "Util", "Base", "Impl", "Common"];

    static readonly string[] s_tops = ["src", "tests"];

    [Fact]
    public void NoFileIsTooLongToRead()
    {
        var lengths = s_tops.SelectMany(SourceFiles.CSharp).Select(f => (File: f, Lines: SourceFiles.Text(f).Count(c => c == '\n')));
        Faults.None(lengths.Where(f => f.Lines > LongestFile && !s_longFiles.Contains(f.File)).Select(f => $"{f.File}: {f.Lines} lines"));
    }

    /// <summary>A type in several files is summarised in one of them.</summary>
    [Fact]
    public void EveryPublicTypeHasASummary()
    {
        var without = new Dictionary<string, string>();
        var with = new HashSet<string>();
        foreach (var file in SourceFiles.CSharp("src"))
        {
            var project = string.Join('/', file.Split('/').Take(2));
            var lines = SourceFiles.Text(file).Split('\n');
            for (var i = 0; i < lines.Length; i++)
            {
                if (PublicType().Match(lines[i]) is not { Success: true } type) { continue; }
                var partial = lines[i].Contains(" partial ", StringComparison.Ordinal);
                var name = partial ? $"{project} {type.Groups["name"].Value}" : $"{file}:{i + 1}";
                if (HasSummary(lines, i)) { with.Add(name); }
                else { without[name] = $"{file}:{i + 1}"; }
            }
        }
        Faults.None(without.Where(f => !with.Contains(f.Key)).Select(f => f.Value));
    }

    [Fact]
    public void NoTypeHasAnEmptyName()
    {
        var types = s_tops.SelectMany(SourceFiles.CSharp).SelectMany(f => AnyType().Matches(SourceFiles.Text(f)).Select(m => m.Groups["name"].Value));
        var faults = types.Where(name => s_emptyWords.Any(w => name.EndsWith(w, StringComparison.Ordinal)));
        Faults.None(faults);
    }

    [Fact]
    public void NoFileNamesAPlaceOnSomeMachine()
    {
        string[] patterns = ["*.cs", "*.csproj", "*.md", "*.sh", "*.json", "*.props"];
        var files = ((string[])["src", "tests", "spec", "docs", "bench"]).SelectMany(top => patterns.SelectMany(p => SourceFiles.Below(top, p)));
        // Test strings of tokenizers are about such names.
        var faults = files.Where(f => !f.StartsWith("spec/vectors/tokenizers/", StringComparison.Ordinal) && MachinePath().IsMatch(SourceFiles.Text(f)));
        Faults.None(faults);
    }

    [Fact]
    public void NothingIsLeftToDo()
    {
        var files = s_tops.SelectMany(SourceFiles.CSharp).Where(f => !f.EndsWith($"/{nameof(HouseStyleTests)}.cs", StringComparison.Ordinal));
        var faults = files.Where(f => LeftToDo().IsMatch(SourceFiles.Text(f)));
        Faults.None(faults);
    }

    static bool HasSummary(string[] lines, int line)
    {
        for (var i = line - 1; i >= 0; i--)
        {
            var text = lines[i].TrimStart();
            if (text.StartsWith("///", StringComparison.Ordinal)) { if (text.Contains("<summary>", StringComparison.Ordinal)) { return true; } }
            else if (!text.StartsWith('[')) { return false; }
        }
        return false;
    }

    [GeneratedRegex(@"^\s*public (static |sealed |abstract |readonly |ref |partial |unsafe )*(class|struct|record struct|record|interface|enum|delegate) (?<name>\w+)", RegexOptions.CultureInvariant)]
    private static partial Regex PublicType();

    [GeneratedRegex(@"^\s*((public|static|sealed|abstract|readonly|ref|partial|unsafe) )*(class|struct|record struct|record|interface|enum) (?<name>[A-Z][A-Za-z0-9]*)", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex AnyType();

    [GeneratedRegex(@"(?<![\w.])/(home|Users|root|work|tmp)/[a-z]|\b[A-Z]:\\\\?Users", RegexOptions.CultureInvariant)]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|NotImplementedException)\b|\(Skip = ""|#region", RegexOptions.CultureInvariant)]
    private static partial Regex LeftToDo();
}
