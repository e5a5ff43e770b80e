using System.Buffers.Binary;
using System.IO.Compression;
using Ckpt.Formats.IO;
using Ckpt.Formats.Torch;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Formats.Torch;

/// <summary>Archives too large to be made: their frames around storages of nothing, opened by the base library's zip reader and by ours.</summary>
public sealed class TorchArchiveLayoutTests
{
    const long Large = 5L << 30;

    [Theory, Clause("TOR-4.4"), Clause("TOR-3.3")]
    [InlineData(new[] { Large, 10, 0, Large + 1 })]
    [InlineData(new[] { 10, uint.MaxValue - 1L, uint.MaxValue, 3 })]
    [InlineData(new[] { (1L << 32) - 1000, 77, 0, 5 })]
    public void ArchivesPast4GiBAreReadByOthers(long[] storages)
    {
        var layout = new TorchArchiveLayout("archive", [0x80, 2, (byte)'N', (byte)'.'], storages, TorchEra.From27);
        var checksums = new uint[] { 1, 2, Crc32.Empty, 4 };
        var source = new SparseSource(layout.Length);
        source.Put(0, layout.Head());
        for (var i = 0; i < 3; i++) { source.Put(layout.DataOffset(i) + storages[i], layout.Between(i, checksums[i])); }
        source.Put(layout.Length - layout.TailLength, layout.Tail(checksums));

        using var zip = new ZipArchive(new SourceStream(source), ZipArchiveMode.Read);
        Assert.Equal(10, zip.Entries.Count);
        for (var i = 0; i < 4; i++)
        {
            var entry = zip.GetEntry($"archive/data/{i}")!;
            Assert.Equal((storages[i], storages[i]), (entry.Length, entry.CompressedLength));
            if (storages[i] > 0) { Assert.Equal(checksums[i], entry.Crc32); }
            using var opened = entry.Open(); // checks the local header
        }
        var archive = TorchArchive.Open(source);
        for (var i = 0; i < 4; i++)
        {
            Assert.True(archive.TryFind($"data/{i}", out var record));
            Assert.Equal(layout.DataOffset(i), archive.DataOffset(record));
            Assert.Equal(0, layout.DataOffset(i) % 64);
            CheckHeader(source, record.HeaderOffset, storages[i]);
            CheckDescriptor(source, layout.DataOffset(i), storages[i], record.HeaderOffset, checksums[i]);
        }
    }

    /// <summary>
    /// As torch 2.6 and 2.14 wrote a storage past 4 GiB: flags, then nothing but zeros to the names, and in the zip64 field first the length,
    /// then 0 where the stored length belongs, then the header's own place where that is far.
    /// </summary>
    static void CheckHeader(SparseSource source, long headerOffset, long length)
    {
        var (wide, far) = (length >= uint.MaxValue, headerOffset >= uint.MaxValue);
        var header = new byte[30 + "archive/data/0".Length + 28];
        source.ReadExactly(headerOffset, header);
        Assert.Equal(length == 0 ? "504b03040000000800000000000000000000000000000000000" : "504b03040000080800000000000000000000000000000000000", Convert.ToHexStringLower(header)[..51]);
        if (!wide && !far) { return; }
        var expected = new List<byte>([1, 0, (byte)((wide ? 16 : 0) + (far ? 8 : 0)), 0]);
        if (wide) { expected.AddRange([.. BitConverter.GetBytes(length), .. new byte[8]]); }
        if (far) { expected.AddRange(BitConverter.GetBytes(headerOffset)); }
        Assert.Equal(expected, header.Skip(30 + "archive/data/0".Length).Take(expected.Count));
    }

    /// <summary>Behind the data: signature, checksum, and the length in eight bytes wherever the header has a zip64 field.</summary>
    static void CheckDescriptor(SparseSource source, long offset, long length, long headerOffset, uint checksum)
    {
        if (length == 0) { return; }
        var descriptor = new byte[24];
        source.ReadExactly(offset + length, descriptor);
        Assert.Equal("PK\x07\x08"u8, descriptor.AsSpan(0, 4));
        Assert.Equal(checksum, BinaryPrimitives.ReadUInt32LittleEndian(descriptor.AsSpan(4)));
        var wide = length >= uint.MaxValue || headerOffset >= uint.MaxValue;
        Assert.Equal(length, wide ? BinaryPrimitives.ReadInt64LittleEndian(descriptor.AsSpan(8)) : BinaryPrimitives.ReadUInt32LittleEndian(descriptor.AsSpan(8)));
    }

    /// <summary>Pieces of bytes in a long nothing.</summary>
    sealed class SparseSource(long length) : IByteSource
    {
        readonly List<(long Offset, byte[] Bytes)> _pieces = [];

        public string Name => "sparse";

        public long Length => length;

        internal void Put(long offset, byte[] bytes) => _pieces.Add((offset, bytes));

        public void ReadExactly(long offset, Span<byte> destination)
        {
            if (offset < 0 || offset > length - destination.Length) { throw new EndOfStreamException(); }
            destination.Clear();
            foreach (var (start, bytes) in _pieces)
            {
                var from = Math.Max(start, offset);
                var to = Math.Min(start + bytes.Length, offset + destination.Length);
                if (from < to) { bytes.AsSpan((int)(from - start), (int)(to - from)).CopyTo(destination[(int)(from - offset)..]); }
            }
        }
    }

    sealed class SourceStream(IByteSource source) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => source.Length;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            count = (int)Math.Min(count, Length - Position);
            source.ReadExactly(Position, buffer.AsSpan(offset, count));
            Position += count;
            return count;
        }

        public override long Seek(long offset, SeekOrigin origin) =>
            Position = offset + (origin == SeekOrigin.Begin ? 0 : origin == SeekOrigin.Current ? Position : Length);

        public override void Flush() { }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
