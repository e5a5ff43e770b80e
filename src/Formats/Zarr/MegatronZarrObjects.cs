using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Ckpt.Formats.Zarr;

/// <summary>
/// Names of the objects that Megatron's zarr backend stores: a file <c>KEY/shard_OFFSET_SHAPE.pt</c> each, named <c>KEY/shard_OFFSET_SHAPE</c> as in
/// torch_dist. Pure.
/// </summary>
static class MegatronZarrObjects
{
    const string Prefix = "shard_";
    const string Suffix = ".pt";

    /// <summary>The objects' names; the last number of a shape that versions before 0.9 lost is put back.</summary>
    /// <param name="files">By path.</param>
    internal static IEnumerable<(string Name, string Path, long Length)> Name(IReadOnlyList<(string Path, long Length)> files)
    {
        foreach (var key in files.GroupBy(static file => file.Path[..file.Path.LastIndexOf('/')]))
        {
            var shards = key.Select(static file => (file.Path, file.Length, Parts: Parse(file.Path))).ToList();
            foreach (var (path, length, (offset, shape)) in shards)
            {
                if (shape.Length == offset.Length)
                {
                    yield return ($"{key.Key}/{Prefix}{Text(offset)}_{Text(shape)}", path, length);
                    continue;
                }
                // Path.with_suffix(".pt") took ".8" of "shard_3.6_4.8" for a suffix and replaced it: the shape reaches as far as any offset does.
                var last = shards.Max(static shard => shard.Parts.Offset[^1]) + 1;
                yield return ($"{key.Key}/{Prefix}{Text(offset)}_{Text([.. shape, last])}", path, length);
            }
        }
    }

    /// <summary>Whether a name is one that <see cref="Name"/> gives: a key, an offset and a shape of as many numbers.</summary>
    internal static bool IsName(string name) =>
        name.LastIndexOf('/') > 0 && name[(name.LastIndexOf('/') + 1)..].StartsWith(Prefix, StringComparison.Ordinal) && TryParse(name + Suffix) is ({ } offset, { } shape) && offset.Length == shape.Length;

    static (long[] Offset, long[] Shape) Parse(string path) => TryParse(path) ?? Throw.Name(path);

    static (long[] Offset, long[] Shape)? TryParse(string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        var parts = name[Prefix.Length..^Suffix.Length].Split('_');
        if (parts.Length != 2 || Numbers(parts[0]) is not { Length: > 0 } offset || Numbers(parts[1]) is not { } shape || shape.Length > offset.Length || shape.Length < offset.Length - 1)
        {
            return null;
        }
        for (var axis = 0; axis < shape.Length; axis++)
        {
            if (offset[axis] >= shape[axis]) { return null; }
        }
        return (offset, shape);
    }

    static long[]? Numbers(string text)
    {
        if (text.Length == 0) { return []; }
        var parts = text.Split('.');
        var numbers = new long[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) { return null; }
            numbers[i] = number;
        }
        return numbers;
    }

    static string Text(long[] numbers) => string.Join('.', numbers.Select(static n => n.ToString(CultureInfo.InvariantCulture)));

    static class Throw
    {
        [DoesNotReturn]
        internal static (long[] Offset, long[] Shape) Name(string path) => throw new MalformedCheckpointException(
            "ZAR-5.3", path, "is no name of an object's file: wanted is shard_OFFSET_SHAPE.pt, each number of the offset below that of the shape");
    }
}
