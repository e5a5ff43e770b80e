using System.Xml.Linq;
using Xunit;

namespace Ckpt.PropertyTests;

/// <summary>Which project may know which: arrows point down, so that reading bytes never depends on what they mean.</summary>
public sealed class LayeringTests
{
    /// <summary>Project → what it may reference; what those reference comes with them.</summary>
    static readonly Dictionary<string, string[]> s_allowed = new(StringComparer.Ordinal)
    {
        ["Formats"] = [],
        ["Sharding"] = ["Formats"],
        ["Models"] = ["Sharding"],
        ["Inference"] = ["Models"],
        ["Verify"] = ["Inference"],
        ["Data"] = [],
        ["Torch"] = [],
        ["Trainer"] = ["Models", "Inference", "Data", "Torch"],
        ["Cli"] = ["Formats", "Sharding", "Models", "Inference", "Verify", "Data", "Torch", "Trainer"],
    };

    [Fact]
    public void EveryProjectReferencesOnlyWhatIsBelowIt()
    {
        var faults = new List<string>();
        foreach (var path in SourceFiles.Below("src", "*.csproj"))
        {
            var project = Path.GetFileNameWithoutExtension(path);
            Assert.True(s_allowed.ContainsKey(project), $"{path} is not in the table of layers");
            var allowed = Below(project);
            var references = XDocument.Parse(SourceFiles.Text(path)).Descendants("ProjectReference")
                .Select(r => Path.GetFileNameWithoutExtension(((string)r.Attribute("Include")!).Replace('\\', '/')));
            faults.AddRange(references.Where(r => !allowed.Contains(r)).Select(r => $"{project} references {r}"));
        }
        Faults.None(faults);
    }

    [Fact]
    public void FormatsNeedsNoPackage()
    {
        var packages = XDocument.Parse(SourceFiles.Text("src/Formats/Formats.csproj")).Descendants("PackageReference");
        Faults.None(packages.Select(p => (string)p.Attribute("Include")!));
    }

    [Fact]
    public void PropertyTestsSeeThePublicApiOnly()
    {
        var friends = SourceFiles.Below("src", "*.csproj").SelectMany(p => XDocument.Parse(SourceFiles.Text(p)).Descendants("InternalsVisibleTo"))
            .Select(e => (string?)e.Attribute("Include"));
        Assert.DoesNotContain("PropertyTests", friends);
    }

    static HashSet<string> Below(string project)
    {
        var below = new HashSet<string>(StringComparer.Ordinal);
        var open = new Queue<string>(s_allowed[project]);
        while (open.TryDequeue(out var next))
        {
            if (below.Add(next)) { foreach (var deeper in s_allowed[next]) { open.Enqueue(deeper); } }
        }
        return below;
    }
}
