namespace Ckpt.Formats.Tensors;

/// <summary>A rectangular part of a tensor that lies in one piece somewhere in a file.</summary>
/// <param name="Box">Which elements of the global tensor.</param>
/// <param name="File">Index into <see cref="ICheckpointReader.Files"/>.</param>
/// <param name="Offset">First byte in that file of what stores the box (data, or the stream around it).</param>
/// <param name="Length">Bytes from there that belong to the box.</param>
public readonly record struct StoredBox(Box Box, int File, long Offset, long Length);

/// <summary>A global tensor of a checkpoint: its name there, and the boxes that make it up. Boxes of no elements are left out.</summary>
public sealed record TensorInfo(string Name, DType DType, Shape Shape, IReadOnlyList<StoredBox> Boxes)
{
    /// <summary>Bytes of all elements.</summary>
    public long ByteLength => DType.ByteLength(Shape.Count);
}

/// <summary>A stored thing that is not a tensor (a torch_dist bytes entry).</summary>
public readonly record struct ObjectInfo(string Name, int File, long Offset, long Length);

/// <summary>A file of a checkpoint, by its path relative to the checkpoint's folder, with '/' between parts.</summary>
public readonly record struct FileEntry(string Path, long Length);
