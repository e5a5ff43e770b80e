namespace Ckpt.Sharding.Running;

/// <summary>A file copied as it is from elsewhere (a tokenizer, a licence).</summary>
/// <param name="Source">Where it is.</param>
/// <param name="Path">Its path in the output, '/' between parts.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct SideFile(string Source, string Path, long Length);

/// <summary>A file that was written, and the CRC-32 of its bytes.</summary>
public readonly record struct WrittenFile(string Path, long Length, uint Crc32);
