using Ckpt.Kit;

namespace Ckpt.PropertyTests;

/// <summary>The repository's own text, for the tests that hold it to the house's rules.</summary>
static class SourceFiles
{
    /// <summary>C# files below a top folder, as paths relative to the root with '/' between parts.</summary>
    internal static IEnumerable<string> CSharp(string top) => Below(top, "*.cs");

    /// <summary>Files below a top folder that are not build output.</summary>
    internal static IEnumerable<string> Below(string top, string pattern)
    {
        var root = Path.Combine(Repository.Root, top);
        if (!Directory.Exists(root)) { return []; }
        return Directory.EnumerateFiles(root, pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'))
            .Where(path => !path.Contains("/bin/", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
    }

    internal static string Text(string relative) => File.ReadAllText(Path.Combine(Repository.Root, relative));
}
