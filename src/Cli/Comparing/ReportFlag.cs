using System.Text;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Output;
using Ckpt.Verify.Reports;

namespace Ckpt.Cli.Comparing;

/// <summary>The flag for a page of what was found, and the two files it makes (RPT-1.5).</summary>
static class ReportFlag
{
    internal static readonly FlagSpec Flag = new("report", FlagKind.Path, "write what was found as a page, FILE.html, and all its numbers beside it, FILE.json");

    /// <summary>Where the page goes; null where none is asked for. Said before the first byte is read.</summary>
    /// <exception cref="UsageException">It cannot go there.</exception>
    internal static string? PathIn(FlagValues values)
    {
        if (values.Text(Flag.Name) is not { } path) { return null; }
        if (System.IO.Path.GetExtension(path) is not (".html" or ".htm")) { throw new UsageException("RPT-1.5", Flag.Shown, $"{path}; the name of a page ends in .html"); }
        if (Directory.Exists(path)) { throw new UsageException("RPT-1.5", Flag.Shown, $"{path} is a folder"); }
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        return Directory.Exists(folder) ? path : throw new UsageException("RPT-1.5", Flag.Shown, $"there is no folder {folder}");
    }

    /// <summary>Writes page and numbers, each whole or not at all.</summary>
    /// <returns>A line that says so.</returns>
    internal static string Write(string path, VerificationReport report)
    {
        var json = System.IO.Path.ChangeExtension(path, ".json");
        Put(path, HtmlReport.Of(report));
        Put(json, JsonText.Of(ReportJson.Of(report)) + "\n");
        return $"report     {path}, its numbers in {json}";
    }

    static void Put(string path, string text)
    {
        var fresh = path + ".new";
        File.WriteAllText(fresh, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        File.Move(fresh, path, overwrite: true);
    }
}
