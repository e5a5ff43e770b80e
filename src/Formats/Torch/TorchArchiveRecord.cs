namespace Ckpt.Formats.Torch;

/// <summary>A record of a torch archive, as its central directory lists it.</summary>
/// <param name="Name">Without the archive's top-level folder: <c>data.pkl</c>, <c>data/0</c>.</param>
/// <param name="FullName">As in the directory.</param>
/// <param name="HeaderOffset">Where its local header starts.</param>
/// <param name="StoredLength">Bytes there.</param>
/// <param name="Length">Bytes it is.</param>
/// <param name="Checksum">CRC-32; 0 where the writer did not reckon it.</param>
/// <param name="Deflated">Whether the bytes are compressed.</param>
/// <param name="Limit">Where the next record, or the directory, starts.</param>
public sealed record TorchArchiveRecord(
    string Name, string FullName, long HeaderOffset, long StoredLength, long Length, uint Checksum, bool Deflated, long Limit);
