using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats.IO;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.TorchDist;

/// <summary>
/// Data files whose tensors are one safetensors file behind the objects (torch's <c>SerializationFormat.SAFETENSORS</c>): all streams of the file
/// start where it does. Headers are kept. May be used from several threads.
/// </summary>
sealed class TorchDistBlobs
{
    readonly ConcurrentDictionary<(int File, long Offset), Blob> _blobs = new();

    /// <summary>A header and where its tensors are, by name.</summary>
    sealed record Blob(long Data, IReadOnlyDictionary<string, (SafetensorsTensor Tensor, Box Box)> Tensors);

    /// <summary>The first byte of a box, where its file holds safetensors there; null where it does not.</summary>
    /// <exception cref="MalformedCheckpointException">TDC-3.5: it holds another box; or a clause of SFT.</exception>
    internal long? TryLocate(IByteSource file, in StoredBox stored, TensorInfo tensor)
    {
        if (!_blobs.TryGetValue((stored.File, stored.Offset), out var blob))
        {
            if (!IsSafetensors(file, stored.Offset)) { return null; }
            blob = _blobs.GetOrAdd((stored.File, stored.Offset), Read(file, stored.Offset));
        }
        var where = $"{file.Name}, safetensors at byte {stored.Offset}";
        if (!blob.Tensors.TryGetValue(tensor.Name, out var found)) { Throw.Missing(where, tensor, stored.Box); }
        if (found.Tensor.DType != tensor.DType || found.Box != stored.Box) { Throw.Other(where, tensor, stored.Box, found.Tensor.DType, found.Box); }
        return blob.Data + found.Tensor.Begin;
    }

    /// <summary>A length and the brace of its header: no torch.save file starts so.</summary>
    static bool IsSafetensors(IByteSource file, long offset)
    {
        Span<byte> front = stackalloc byte[9];
        if (file.Length - offset < front.Length) { return false; }
        file.ReadExactly(offset, front);
        return front[8] == '{' && !front.StartsWith("PK"u8);
    }

    static Blob Read(IByteSource file, long offset)
    {
        var source = new SliceByteSource(file, offset, file.Length - offset, $"{file.Name}, safetensors at byte {offset}");
        var header = SafetensorsReader.ReadHeader(source);
        var boxes = SafetensorsShardInfo.Boxes(header, source.Name);
        var tensors = new Dictionary<string, (SafetensorsTensor, Box)>(boxes.Length, StringComparer.Ordinal);
        for (var i = 0; i < boxes.Length; i++) { tensors.Add(header.Tensors[i].Name, (header.Tensors[i], boxes[i])); }
        return new Blob(offset + header.DataOffset, tensors);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Missing(string where, TensorInfo tensor, Box box) => throw new MalformedCheckpointException(
            "TDC-3.5", where, $"holds no {Quoted.Name(tensor.Name)}, of which the index has {box} here");

        [DoesNotReturn]
        internal static void Other(string where, TensorInfo tensor, Box box, DType dtype, Box found) => throw new MalformedCheckpointException(
            "TDC-3.5", where, $"holds {Quoted.Name(tensor.Name)} of {dtype.DisplayName()} {found}, the index has {tensor.DType.DisplayName()} {box} here");
    }
}
