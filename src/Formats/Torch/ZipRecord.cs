using System.Text;

namespace Ckpt.Formats.Torch;

/// <summary>One record of a zip as torch's writer lays it out: header, padding to 64, data, descriptor. Source: inline_container.cc getPadding, miniz.</summary>
/// <param name="Name">Without the folder.</param>
/// <param name="FullName">With it.</param>
/// <param name="Offset">Of the local header.</param>
/// <param name="Length">Of the data.</param>
/// <param name="Bytes">The data, where it is known when the archive is laid out.</param>
readonly record struct ZipRecord(string Name, string FullName, long Offset, long Length, byte[]? Bytes)
{
    internal const long Wide = uint.MaxValue;
    internal const int LocalHeader = 30;
    internal const int DirectoryEntry = 46;

    /// <summary>The zip64 end record, its locator and the end record, which torch always writes.</summary>
    internal const int EndLength = 56 + 20 + 22;

    internal int NameLength => Encoding.UTF8.GetByteCount(FullName);

    internal bool IsWide => Length >= Wide;

    internal bool IsFar => Offset >= Wide;

    /// <summary>The zip64 field of the local header; the directory's is as long.</summary>
    internal int WideLength => IsWide || IsFar ? 4 + (IsWide ? 16 : 0) + (IsFar ? 8 : 0) : 0;

    internal int Padding
    {
        get
        {
            var start = Offset + LocalHeader + NameLength + WideLength + 4;
            return (int)(-start & (TorchArchiveLayout.Alignment - 1));
        }
    }

    internal long DataOffset => Offset + LocalHeader + NameLength + WideLength + 4 + Padding;

    /// <summary>None behind an empty record; with 64-bit sizes wherever the header has a zip64 field.</summary>
    internal int DescriptorLength => Length == 0 ? 0 : WideLength > 0 ? 24 : 16;

    internal long End => DataOffset + Length + DescriptorLength;

    internal int DirectoryEntryLength => DirectoryEntry + NameLength + WideLength;
}
