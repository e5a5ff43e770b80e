using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Formats.TorchDist;

/// <summary>The faults of a <c>.metadata</c> file.</summary>
static class TorchDistMetadataFault
{
    internal static Exception Root(string where, PickleNode root) => new UnsupportedCheckpointException(
        "TDC-2.1", where, $"holds {PickleThrow.Kind(root)}; known are torch's Metadata and Megatron's MCoreMetadata");

    internal static Exception Kind(string where, string what, PickleNode? found) => new MalformedCheckpointException(
        "TDC-2.2", where, $"{what}: found {(found is null ? "nothing" : PickleThrow.Kind(found))}");

    internal static Exception Entry(string where, string name, PickleNode found) => new UnsupportedCheckpointException(
        "TDC-2.3", where, $"entry {name} is {PickleThrow.Kind(found)}; known are TensorStorageMetadata and BytesStorageMetadata");

    internal static Exception DType(string where, string name, string found) => new UnsupportedCheckpointException(
        "TDC-2.4", where, $"tensor {name} is of {found}, which is not read");

    internal static Exception Outside(string where, string name, Shape shape, long[] offset, long[] size) => new MalformedCheckpointException(
        "TDC-2.5", where, $"a chunk of {name} starts at {Shape.Text(offset)} with size {Shape.Text(size)}, the tensor is {shape}");

    internal static Exception NoStorage(string where, string name, Box? box) => new MalformedCheckpointException(
        "TDC-2.8", where, box is null ? $"entry {name} is stored nowhere" : $"chunk {box} of {name} is stored nowhere");

    internal static Exception Path(string where, string name, string path) => new MalformedCheckpointException(
        "TDC-2.9", where, $"{name} lies in \"{path}\", which is no path inside the checkpoint");

    internal static Exception Range(string where, string name, System.Numerics.BigInteger offset, System.Numerics.BigInteger length) => new MalformedCheckpointException(
        "TDC-2.10", where, $"{name} lies at byte {offset:E3} with {length:E3} bytes");

    internal static Exception Transformed(string where, string name, string how) => new UnsupportedCheckpointException(
        "TDC-2.12", where, $"{name} is stored transformed by {how}; read are streams as they are and stream.zstd/1");

    internal static Exception NoLibrary(string where, string name) => new UnsupportedCheckpointException(
        "TDC-2.12", where, $"{name} is compressed, which needs the system's libzstd1, which is not there; install it, as with: apt-get install libzstd1");

    internal static Exception StorageKind(string where, string name, PickleNode found) => new UnsupportedCheckpointException(
        "TDC-2.3", where, $"{name} is stored by {PickleThrow.Kind(found)}; known is _StorageInfo");

    internal static Exception Unlisted(string where, string name) => new MalformedCheckpointException(
        "TDC-2.15", where, $"{name} is stored and not listed");

    internal static Exception Twice(string where, string name) => new MalformedCheckpointException(
        "TDC-2.17", where, $"{name} is listed twice");

    internal static Exception RanksDiffer(string where, TorchDistTensor tensor, TorchDistTensor other) => new MalformedCheckpointException(
        "TDC-1.6", where, $"tensor {tensor.Name} is of {tensor.DType.DisplayName()} {tensor.Shape}, a rank before has {other.DType.DisplayName()} {other.Shape}");

    internal static Exception TooLarge(string where, string name, long[] dims) => new MalformedCheckpointException(
        "TDC-2.18", where, $"tensor {name} of shape {Shape.Text(dims)} has more than 2^63 bytes");

    internal static void Check(TilingFault fault, string where, string name, Shape shape, List<Box> chunks)
    {
        switch (fault)
        {
            case TilingFault.None: return;
            case TilingFault.Overlap:
                throw new MalformedCheckpointException("TDC-2.6", where, $"chunks of {name} overlap: {Overlapping(chunks)}");
            case TilingFault.TooComplex:
                throw new UnsupportedCheckpointException("TDC-2.16", where, $"{name} {shape} is cut into {chunks.Count} chunks along too many axes to be checked");
            default:
                Int128 volume = 0;
                foreach (var chunk in chunks) { volume += chunk.Volume; }
                throw new MalformedCheckpointException("TDC-2.7", where, $"the {chunks.Count} chunks of {name} hold {volume} of its {shape.Count} elements");
        }
    }

    /// <summary>A pair that overlaps, for the message; among many chunks only neighbours are looked at.</summary>
    static string Overlapping(List<Box> chunks)
    {
        var sorted = chunks.OrderBy(box => box.Rank == 0 ? 0 : box.Offset[0]).ToList();
        for (var i = 0; i < sorted.Count; i++)
        {
            for (var j = i + 1; j < Math.Min(sorted.Count, i + 1000); j++)
            {
                if (sorted[i].TryIntersect(sorted[j], out _)) { return $"{sorted[i]} and {sorted[j]}"; }
            }
        }
        return $"{chunks.Count} chunks hold some elements more than once";
    }
}
