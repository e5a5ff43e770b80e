namespace Ckpt.Formats.Tensors;

/// <summary>A tensor to be written, cut into boxes that cover it exactly once.</summary>
public sealed record TensorTarget(string Name, DType DType, Shape Shape, IReadOnlyList<Box> Boxes)
{
    /// <summary>A target of one box.</summary>
    public static TensorTarget Whole(string name, DType dtype, Shape shape) => new(name, dtype, shape, [Box.Whole(shape)]);
}

/// <summary>
/// Where every byte of a checkpoint will lie, decided before the first one is written: a pure value that a writer
/// makes from the targets and a runner fills.
/// </summary>
/// <param name="Tensors">What the layout was made from; ranges refer to it by index.</param>
/// <param name="Files">The data files; every byte of each belongs to exactly one data range or frame.</param>
/// <param name="Closing">Small files, written whole and in this order after every data file is complete and flushed.</param>
public sealed record CheckpointLayout(IReadOnlyList<TensorTarget> Tensors, IReadOnlyList<FileLayout> Files, IReadOnlyList<SmallFile> Closing);

/// <summary>One data file of a layout.</summary>
/// <param name="Path">Relative to the checkpoint's folder, '/' between parts.</param>
/// <param name="Length">Bytes, exactly.</param>
/// <param name="Data">By ascending offset.</param>
/// <param name="Frames">By ascending offset.</param>
public sealed record FileLayout(string Path, long Length, IReadOnlyList<DataRange> Data, IReadOnlyList<Frame> Frames)
{
    /// <summary>
    /// Where not null, the bytes described are encoded before they are stored, and the length stored is known only then. Such a file has data and no
    /// frames, and at most <see cref="FileEncoding.MaxContent"/> bytes: it is gathered whole in memory.
    /// </summary>
    public FileEncoding? Encode { get; init; }
}

/// <summary>
/// Bytes of a file that are one box of one target, row-major, little-endian, packed, or several boxes of it put together along an axis. A box may
/// lie in several ranges (copies that every rank holds).
/// </summary>
public readonly record struct DataRange(long Offset, long Length, int Tensor, int Box)
{
    /// <summary>The box's axes from the slowest to the fastest in these bytes, where that is not their own order (a transposed matrix is [1, 0]); null: row-major.</summary>
    public IReadOnlyList<int>? Order { get; init; }

    /// <summary>
    /// Boxes that follow <see cref="Box"/> along <see cref="JoinAxis"/>, of its size on the other axes; the range is then the box they make together
    /// (gate and up columns of a rank, which are apart in the tensor); null: none.
    /// </summary>
    public IReadOnlyList<int>? Joined { get; init; }

    /// <summary>The axis along which <see cref="Joined"/> follow.</summary>
    public int JoinAxis { get; init; }
}

/// <summary>
/// Bytes of a file around the data (headers, checksums). <paramref name="Data"/> is the index in <see cref="FileLayout.Data"/> of
/// the range whose CRC-32 (zip polynomial) <paramref name="Make"/> is given, or −1 where it needs none (it is then given 0).
/// </summary>
public sealed record Frame(long Offset, int Length, int Data, Func<uint, byte[]> Make)
{
    /// <summary>A frame that is made of the checksums of several ranges: given those of all data ranges of the file, in their order.</summary>
    public static Frame OfAll(long offset, int length, Func<IReadOnlyList<uint>, byte[]> make) =>
        new(offset, length, -1, static _ => throw new InvalidOperationException("made of all checksums")) { MakeOfAll = make };

    /// <summary>In place of <see cref="Make"/>, where the bytes depend on more than one range.</summary>
    public Func<IReadOnlyList<uint>, byte[]>? MakeOfAll { get; init; }

    /// <summary>The bytes, of the CRC-32 of every data range of the file.</summary>
    public byte[] Bytes(IReadOnlyList<uint> checksums) => MakeOfAll is null ? Make(Data < 0 ? 0 : checksums[Data]) : MakeOfAll(checksums);
}

/// <summary>A small file written whole.</summary>
public readonly record struct SmallFile(string Path, ReadOnlyMemory<byte> Bytes);

/// <summary>A format that can be written: lays out first, so that a plan can be checked, priced and resumed before bytes move.</summary>
public interface ICheckpointWriter
{
    /// <summary>The format's name, as in <see cref="ICheckpointReader.Format"/>.</summary>
    string Format { get; }

    /// <summary>Decides files, offsets and headers. The same targets and options give the same layout.</summary>
    /// <exception cref="UnsupportedCheckpointException">The format cannot hold a target (an element type, a name).</exception>
    CheckpointLayout LayOut(IReadOnlyList<TensorTarget> targets);
}
