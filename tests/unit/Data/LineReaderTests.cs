using Ckpt.Data;
using Ckpt.Data.Datasets;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Data;

public sealed class LineReaderTests
{
    [Fact, Clause("DAT-2.4")]
    public void ALineWithoutEndIsRefusedBeforeMemoryIs()
    {
        using var endless = new Endless();

        var error = Assert.Throws<UnsupportedDataException>(() => LineReader.Lines(endless, "endless.jsonl").First());

        Assert.Equal("DAT-2.4", error.Clause);
        Assert.StartsWith("endless.jsonl:1: ", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The letter a, for ever.</summary>
    sealed class Endless : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => 0; set => throw new NotSupportedException(); }

        public override void Flush() { }

        public override int Read(byte[] buffer, int offset, int count)
        {
            buffer.AsSpan(offset, count).Fill((byte)'a');
            return count;
        }

        public override int Read(Span<byte> buffer)
        {
            buffer.Fill((byte)'a');
            return buffer.Length;
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
