using System.Globalization;

namespace Ckpt.Data.Datasets;

/// <summary>
/// What a data set is asked for by: <c>[hf::|ms::]path[:subset[/subset…]][#count]</c>, as in Megatron-SWIFT's <c>--dataset</c> (DAT-1.1).
/// </summary>
/// <param name="Path">A file, a folder, or a name.</param>
/// <param name="Subsets">Subfolders or splits of it; empty for all there is.</param>
/// <param name="Count">Rows wanted: fewer than there are is a sample, more repeats; null for all.</param>
public sealed record DatasetSpec(string Path, IReadOnlyList<string> Subsets, long? Count)
{
    static readonly string[] s_hubs = ["hf::", "ms::"];

    /// <summary>Reads one.</summary>
    /// <exception cref="MalformedDataException">It names nothing, or the count is no number.</exception>
    public static DatasetSpec Parse(string text)
    {
        var rest = text.Trim();
        foreach (var hub in s_hubs) { rest = rest.StartsWith(hub, StringComparison.OrdinalIgnoreCase) ? rest[hub.Length..] : rest; }

        long? count = null;
        var hash = rest.LastIndexOf('#');
        if (hash >= 0)
        {
            if (!long.TryParse(rest.AsSpan(hash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var wanted)) { throw new MalformedDataException("DAT-1.1", text, $"'{rest[(hash + 1)..]}' behind # is no number of rows"); }
            (count, rest) = (wanted, rest[..hash]);
        }

        // A colon of the path itself (C:\data) has no folder before it.
        var colon = rest.LastIndexOf(':');
        var subsets = Array.Empty<string>();
        if (colon > 1)
        {
            subsets = rest[(colon + 1)..].Split('/', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            rest = rest[..colon];
        }
        return rest.Length > 0 && !rest.Contains('\0', StringComparison.Ordinal) ? new DatasetSpec(rest, subsets, count) : throw new MalformedDataException("DAT-1.1", text.Replace('\0', ' '), "no file, folder or name is given");
    }
}
