using System.Text.RegularExpressions;
using Ckpt.Cli.Commands;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Cli;

/// <summary>Holds what the documents say to what the program is.</summary>
public sealed partial class DocumentTests
{
    const int LongestInTour = 150;

    [Fact]
    public void TheReadmeNamesEveryCommand()
    {
        var readme = Text("README.md");
        Assert.All(CommandList.All(), command => Assert.Contains($"| `ckpt {command.Name}", readme, StringComparison.Ordinal));
    }

    [Fact]
    public void EveryFlagTheReadmeNamesExists()
    {
        var known = CommandList.All().SelectMany(static c => c.Flags).SelectMany(static f => (string[])[f.Name, .. f.Aliases]).Append("help").Append("version").ToHashSet();
        var named = Flag().Matches(Text("README.md")).Select(static m => m.Groups[1].Value.Replace('-', '_')).Distinct();
        Assert.All(named, flag => Assert.Contains(flag, known));
    }

    [Fact]
    public void TheFilesOfTheTourExistAndAreShort()
    {
        var files = TourFile().Matches(Text("docs", "tour.md")).Select(static m => m.Groups[1].Value).ToList();
        Assert.Equal(5, files.Count);
        Assert.All(files, file => Assert.InRange(File.ReadLines(Path.Combine(Repository.Root, file)).Count(), 1, LongestInTour));
    }

    static string Text(params string[] path) => File.ReadAllText(Path.Combine([Repository.Root, .. path]));

    [GeneratedRegex(@"--([a-z][a-z0-9_-]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Flag();

    [GeneratedRegex(@"^[0-9]\. \[`[^`]+`\]\(\.\./([^)]+)\)", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex TourFile();
}
