using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;

namespace Ckpt.Kit;

/// <summary>Carries out a layout the plain way, in memory: the stand-in for a runner, which also checks that each byte is said once.</summary>
public static class LayoutFiller
{
    /// <summary>Makes the files of a layout, closing files last, by path.</summary>
    /// <param name="layout">What to make.</param>
    /// <param name="data">The bytes of a box, by tensor and box: row-major, little-endian, packed.</param>
    /// <exception cref="InvalidOperationException">The layout leaves a byte out, says one twice, or has a range of a wrong length.</exception>
    public static IReadOnlyList<KeyValuePair<string, byte[]>> Fill(CheckpointLayout layout, Func<int, int, byte[]> data)
    {
        var made = layout.Files.Select(file => KeyValuePair.Create(file.Path, Fill(file, range => Arranged(layout.Tensors[range.Tensor], range, data))))
            .Concat(layout.Closing.Select(small => KeyValuePair.Create(small.Path, small.Bytes.ToArray()))).ToList();
        var paths = made.Select(f => f.Key).ToHashSet(StringComparer.Ordinal);
        return paths.Count == made.Count ? made : throw new InvalidOperationException("a path stands twice in the layout");
    }

    /// <summary>Makes the files of a layout in a folder.</summary>
    public static void Write(CheckpointLayout layout, Func<int, int, byte[]> data, string folder)
    {
        foreach (var (path, bytes) in Fill(layout, data))
        {
            var full = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllBytes(full, bytes);
        }
    }

    static byte[] Fill(FileLayout file, Func<DataRange, byte[]> data)
    {
        var bytes = new byte[file.Length];
        var said = new bool[file.Length];
        var sums = new uint[file.Data.Count];
        for (var i = 0; i < sums.Length; i++)
        {
            var range = file.Data[i];
            var box = data(range);
            if (box.Length != range.Length) { throw new InvalidOperationException($"{file.Path}: range {i} has {range.Length} bytes, its box {box.Length}"); }
            Put(file.Path, bytes, said, range.Offset, box);
            sums[i] = Crc32.Of(box);
        }
        foreach (var frame in file.Frames)
        {
            var made = frame.Bytes(sums);
            if (made.Length != frame.Length) { throw new InvalidOperationException($"{file.Path}: frame at {frame.Offset} has {made.Length} bytes, announced {frame.Length}"); }
            Put(file.Path, bytes, said, frame.Offset, made);
        }
        var gap = Array.IndexOf(said, false);
        if (gap >= 0) { throw new InvalidOperationException($"{file.Path}: byte {gap} is said by nothing"); }
        Ascend(file.Path, file.Data.Select(d => d.Offset));
        Ascend(file.Path, file.Frames.Select(f => f.Offset));
        return file.Encode is { } encode ? Encoded(file, encode, bytes) : bytes;
    }

    static byte[] Encoded(FileLayout file, FileEncoding encode, byte[] content)
    {
        if (file.Frames.Count > 0) { throw new InvalidOperationException($"{file.Path}: frames in an encoded file"); }
        var stored = encode.Apply(content).ToArray();
        return stored.Length <= encode.MaxLength ? stored : throw new InvalidOperationException($"{file.Path}: {stored.Length} bytes stored, at most {encode.MaxLength} announced");
    }

    /// <summary>A range's boxes joined and turned, element by element.</summary>
    static byte[] Arranged(TensorTarget target, DataRange range, Func<int, int, byte[]> data)
    {
        if (range.Order is null && range.Joined is null) { return data(range.Tensor, range.Box); }
        int[] numbers = [range.Box, .. range.Joined ?? []];
        var dims = target.Boxes[range.Box].Size.ToArray();
        if (range.Joined is not null) { dims[range.JoinAxis] = numbers.Sum(number => target.Boxes[number].Size[range.JoinAxis]); }
        var strides = new long[dims.Length];
        var step = 1L;
        foreach (var axis in (range.Order ?? [.. Enumerable.Range(0, dims.Length)]).Reverse()) { (strides[axis], step) = (step, step * dims[axis]); }
        var size = target.DType.ByteSize();
        var (whole, first) = (new byte[step * size], 0L);
        foreach (var number in numbers)
        {
            var (bytes, from) = (data(range.Tensor, number), 0);
            foreach (var index in MemoryCheckpoint.Indices(target.Boxes[number].Shape))
            {
                var place = first;
                for (var axis = 0; axis < index.Length; axis++) { place += index[axis] * strides[axis]; }
                bytes.AsSpan(from, size).CopyTo(whole.AsSpan((int)place * size));
                from += size;
            }
            if (range.Joined is not null) { first += target.Boxes[number].Size[range.JoinAxis] * strides[range.JoinAxis]; }
        }
        return whole;
    }

    static void Put(string path, byte[] bytes, bool[] said, long offset, byte[] part)
    {
        if (offset < 0 || offset > bytes.Length - part.Length) { throw new InvalidOperationException($"{path}: {part.Length} bytes at {offset} of {bytes.Length}"); }
        if (said.AsSpan((int)offset, part.Length).Contains(true)) { throw new InvalidOperationException($"{path}: a byte of the {part.Length} at {offset} is said twice"); }
        said.AsSpan((int)offset, part.Length).Fill(true);
        part.CopyTo(bytes, offset);
    }

    static void Ascend(string path, IEnumerable<long> offsets)
    {
        var last = -1L;
        foreach (var offset in offsets)
        {
            if (offset < last) { throw new InvalidOperationException($"{path}: offset {offset} after {last}"); }
            last = offset;
        }
    }
}
