using System.Security.Cryptography;
using System.Text;
using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Plans;

/// <summary>A number that two plans share only if they would write the same bytes from the same files.</summary>
public static class PlanHash
{
    /// <summary>SHA-256 over source identity, layout and copies, in hexadecimal.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="sourceIdentity">What tells one state of the source from another: paths, lengths, times of change.</param>
    public static string Of(CopyPlan plan, string sourceIdentity)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var stream = new BufferedStream(new HashStream(hash), 1 << 16); // a number at a time costs more than hashing it
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write("ckpt plan 3");
            writer.Write(sourceIdentity);
            foreach (var tensor in plan.Source) { writer.Write(tensor.Name); writer.Write((byte)tensor.DType); Write(writer, tensor.Shape.Dims); }
            foreach (var target in plan.Layout.Tensors) { writer.Write(target.Name); writer.Write((byte)target.DType); Write(writer, target.Shape.Dims); }
            foreach (var file in plan.Layout.Files)
            {
                writer.Write(file.Path);
                writer.Write(file.Length);
                writer.Write(file.Encode?.Name ?? "");
                foreach (var range in file.Data) { Write(writer, range); }
            }
            foreach (var small in plan.Layout.Closing) { writer.Write(small.Path); writer.Write(small.Bytes.Span); }
            foreach (var piece in plan.Pieces) { Write(writer, piece); }
        }
        stream.Flush();
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    static void Write(BinaryWriter writer, DataRange range)
    {
        writer.Write(range.Offset);
        writer.Write(range.Length);
        writer.Write(range.Tensor);
        writer.Write(range.Box);
        Write(writer, range.Order);
        Write(writer, range.Joined);
        writer.Write(range.JoinAxis);
    }

    static void Write(BinaryWriter writer, Piece piece)
    {
        writer.Write(piece.Zeros);
        foreach (var copy in piece.Copies)
        {
            writer.Write(copy.SourceTensor);
            writer.Write(copy.SourceBox);
            writer.Write(copy.TargetStart);
            Write(writer, copy.SourceStart);
            Write(writer, copy.SourceAxes);
            Write(writer, copy.SourceSteps);
            Write(writer, copy.TargetStrides);
            Write(writer, copy.Extents);
        }
    }

    static void Write(BinaryWriter writer, IReadOnlyList<int>? values)
    {
        writer.Write(values?.Count ?? -1);
        foreach (var value in values ?? []) { writer.Write(value); }
    }

    static void Write(BinaryWriter writer, ReadOnlySpan<long> values)
    {
        writer.Write(values.Length);
        foreach (var value in values) { writer.Write(value); }
    }

    sealed class HashStream(IncrementalHash hash) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count) => hash.AppendData(buffer, offset, count);

        public override void Write(ReadOnlySpan<byte> buffer) => hash.AppendData(buffer);

        public override void Flush() { }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
