using System.Diagnostics.CodeAnalysis;
using System.Text;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Safetensors;

/// <summary>
/// Lays tensors out as Hugging Face files: cut into files in the order given, and within a file as the reference writer orders them.
/// Targets are whole tensors, of one box each.
/// </summary>
public sealed class SafetensorsWriter : ICheckpointWriter
{
    readonly SafetensorsWriterOptions _options;

    /// <summary>A writer with these options, or the usual ones.</summary>
    /// <exception cref="ArgumentException">The stem is no file name, or the limit is not positive.</exception>
    public SafetensorsWriter(SafetensorsWriterOptions? options = null)
    {
        _options = options ?? new SafetensorsWriterOptions();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_options.MaxShardBytes, nameof(options));
        if (_options.Stem.Length == 0 || _options.Stem.AsSpan().IndexOfAny("/\\:\0") >= 0)
        {
            throw new ArgumentException($"'{_options.Stem}' cannot start a file name", nameof(options));
        }
    }

    public string Format => "safetensors";

    public CheckpointLayout LayOut(IReadOnlyList<TensorTarget> targets)
    {
        var sizes = Sizes(targets);
        var shards = _options.FileOf is { } fileOfName ? Sort(targets, fileOfName) : [.. Cut(sizes, _options.MaxShardBytes).Select(static (members, number) => (number, members))];
        var files = new FileLayout[shards.Count];
        var fileOf = new string[targets.Count];
        for (var shard = 0; shard < files.Length; shard++)
        {
            var (number, members) = shards[shard];
            var path = _options.FileName?.Invoke(number) ?? FileName(_options.Stem, shard, files.Length);
            files[shard] = LayOutFile(path, members, targets, sizes);
            foreach (var target in members) { fileOf[target] = path; }
        }
        SmallFile[] closing = files.Length > 1 || _options.AlwaysIndex
            ? [new SmallFile($"{_options.Stem}.safetensors.index.json", SafetensorsIndexText.Of(targets, fileOf, sizes.Sum(), _options))]
            : [];
        return new CheckpointLayout(targets, files, closing);
    }

    /// <summary>Which targets go into which file: a new one starts where the next tensor would pass the limit and the file holds something.</summary>
    internal static List<List<int>> Cut(long[] sizes, long limit)
    {
        var shards = new List<List<int>> { new() };
        var held = 0L;
        for (var target = 0; target < sizes.Length; target++)
        {
            if (held > 0 && sizes[target] > Math.Max(0, limit - held))
            {
                shards.Add([]);
                held = 0;
            }
            shards[^1].Add(target);
            held += sizes[target];
        }
        return shards;
    }

    /// <summary>The same by number; numbers without targets have no file.</summary>
    static List<(int Number, List<int> Members)> Sort(IReadOnlyList<TensorTarget> targets, Func<string, int> fileOf) =>
        [.. Enumerable.Range(0, targets.Count).GroupBy(target => fileOf(targets[target].Name)).OrderBy(static file => file.Key).Select(static file => (file.Key, file.ToList()))];

    internal static string FileName(string stem, int shard, int shards) =>
        shards == 1 ? $"{stem}.safetensors" : $"{stem}-{shard + 1:D5}-of-{shards:D5}.safetensors";

    FileLayout LayOutFile(string path, List<int> members, IReadOnlyList<TensorTarget> targets, long[] sizes)
    {
        // The reference writer's order: wide types first, so that every tensor is aligned to its own elements.
        var order = members.ToArray();
        Array.Sort(order, (a, b) => targets[b].DType.CompareTo(targets[a].DType) is var by && by != 0 ? by : CodePointOrder.Instance.Compare(targets[a].Name, targets[b].Name));

        var header = SafetensorsHeaderText.Of(order.Select(t => targets[t]), _options.Metadata, path);
        var data = new List<DataRange>(order.Length);
        var offset = (long)header.Length;
        foreach (var target in order)
        {
            if (sizes[target] == 0) { continue; }
            data.Add(new DataRange(offset, sizes[target], target, 0));
            offset = checked(offset + sizes[target]);
        }
        return new FileLayout(path, offset, data, [new Frame(0, header.Length, -1, _ => header)]);
    }

    static long[] Sizes(IReadOnlyList<TensorTarget> targets)
    {
        var sizes = new long[targets.Count];
        var names = new HashSet<string>(targets.Count);
        var total = UInt128.Zero;
        for (var i = 0; i < sizes.Length; i++)
        {
            var target = targets[i];
            if (!names.Add(target.Name)) { Throw.Twice(target.Name); }
            if (target.Name == SafetensorsParser.MetadataKey || !IsUnicode(target.Name)) { Throw.Name(target.Name); }
            if (target.DType.SafetensorsName() is null) { Throw.DType(target); }
            if (!SafetensorsRanges.TryBits(target.DType, target.Shape.Dims, out var bits) || (total += bits) > long.MaxValue) { Throw.TooLarge(target); }
            if (bits % 8 != 0) { Throw.PartOfAByte(target, bits); }
            sizes[i] = (long)(bits / 8);
            var whole = target.Boxes.Count == 1 ? target.Boxes[0] == Box.Whole(target.Shape) : target.Boxes.Count == 0 && bits == 0;
            if (!whole) { Throw.Boxes(target); }
        }
        return sizes;
    }

    internal static bool IsUnicode(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) { continue; }
            if (!Rune.TryCreate(text[i], i + 1 < text.Length ? text[i + 1] : '\0', out _)) { return false; }
            i++;
        }
        return true;
    }

    static class Throw
    {
        const string Where = "safetensors";

        [DoesNotReturn]
        internal static void Name(string name) => throw new UnsupportedCheckpointException(
            "SFT-4.1", Where, $"no tensor can have the name {Quoted.Name(name)}: __metadata__ is taken, and names are Unicode");

        [DoesNotReturn]
        internal static void Twice(string name) => throw new LayoutException("SFT-4.2", Where, $"two tensors have the name {Quoted.Name(name)}");

        [DoesNotReturn]
        internal static void DType(TensorTarget target) => throw new UnsupportedCheckpointException(
            "SFT-4.3", Where, $"tensor {Quoted.Name(target.Name)} is {target.DType.DisplayName()}, which a safetensors file cannot hold");

        [DoesNotReturn]
        internal static void PartOfAByte(TensorTarget target, ulong bits) => throw new UnsupportedCheckpointException(
            "SFT-4.4", Where, $"tensor {Quoted.Name(target.Name)}, {target.DType.DisplayName()} {target.Shape}, is {bits} bits, which is no whole number of bytes");

        [DoesNotReturn]
        internal static void TooLarge(TensorTarget target) => throw new LayoutException(
            "SFT-4.5", Where, $"tensor {Quoted.Name(target.Name)}, {target.DType.DisplayName()} {target.Shape}, has more than 2^63-1 bits, alone or with those before it");

        [DoesNotReturn]
        internal static void Boxes(TensorTarget target) => throw new LayoutException(
            "SFT-4.6", Where, $"tensor {Quoted.Name(target.Name)} is cut into {target.Boxes.Count} boxes; a safetensors file holds it whole, as one");
    }
}
