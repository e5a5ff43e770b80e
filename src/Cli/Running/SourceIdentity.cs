using System.Globalization;
using System.Text;
using Ckpt.Formats.Tensors;

namespace Ckpt.Cli.Running;

/// <summary>Tells one state of a source from another without reading it: paths, lengths and times of change of its files.</summary>
static class SourceIdentity
{
    internal static string Of(Conversion conversion)
    {
        var text = new StringBuilder();
        foreach (var reader in conversion.Beside.Prepend(conversion.Source))
        {
            foreach (var file in reader.Files) { Append(text, PathOf(reader, file)); }
        }
        if (conversion.Decides.Length > 0) { text.Append(conversion.Decides).Append('\n'); }
        foreach (var file in conversion.SideFiles) { Append(text, file.Source); }
        foreach (var file in conversion.Closing) { text.Append(CultureInfo.InvariantCulture, $"{file.Path}|{Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(file.Bytes.Span))}\n"); }
        return text.ToString();
    }

    static string PathOf(ICheckpointReader reader, FileEntry file) =>
        File.Exists(reader.Path) ? reader.Path : Path.Combine(reader.Path, file.Path);

    static void Append(StringBuilder text, string path)
    {
        var info = new FileInfo(path);
        var target = info.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? info;
        text.Append(CultureInfo.InvariantCulture, $"{Path.GetFullPath(path)}|{target.Length}|{target.LastWriteTimeUtc.Ticks}\n");
    }
}
