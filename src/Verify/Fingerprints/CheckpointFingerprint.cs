using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Comparing;

namespace Ckpt.Verify.Fingerprints;

/// <summary>The fingerprint of one tensor.</summary>
public sealed record TensorFingerprint(string Name, DType DType, Shape Shape, string Sha256);

/// <summary>A hash of a model's weights that is the same in every format and layout (VFY-2.1).</summary>
/// <param name="Value">Of all tensors: <c>ckpt1:</c> and 64 hexadecimal digits.</param>
/// <param name="Tensors">Tensor by tensor, by name.</param>
public sealed record CheckpointFingerprint(string Value, IReadOnlyList<TensorFingerprint> Tensors)
{
    /// <summary>What every fingerprint of this kind begins with.</summary>
    public const string Prefix = "ckpt1:";

    const int BlockBytes = 1 << 20;

    /// <summary>Whether a fingerprint is the expected one; the prefix may be left out, and letters be large.</summary>
    public bool Is(string expected)
    {
        var given = expected.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? expected[Prefix.Length..] : expected;
        return given.Equals(Value[Prefix.Length..], StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Reads all tensors once, several at a time.</summary>
    public static CheckpointFingerprint Of(LogicalSide side, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        var streams = new TensorStreams(side.Named);
        var tensors = streams.Tensors.OrderBy(static tensor => tensor.Name, StringComparer.Ordinal).ToArray();
        var hashes = new TensorFingerprint[tensors.Length];
        progress.Begin("hashing", tensors.Sum(static tensor => tensor.ByteLength));
        OrderedParallel.For(tensors.Length, options.Threads, i => hashes[i] = Hash(streams, tensors[i], progress, cancel), cancel);
        var lines = new StringBuilder();
        foreach (var hash in hashes) { lines.Append(hash.Sha256).Append("  ").Append(hash.Name).Append('\n'); }
        return new CheckpointFingerprint(Prefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines.ToString()))), hashes);
    }

    static TensorFingerprint Hash(TensorStreams streams, TensorInfo tensor, IRunProgress progress, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var dims = string.Join(',', tensor.Shape.ToArray().Select(static dim => dim.ToString(CultureInfo.InvariantCulture)));
        hash.AppendData(Encoding.UTF8.GetBytes($"{tensor.Name}\n{tensor.DType.DisplayName()}\n{dims}\n"));
        var source = streams.Of(tensor.Name);
        var buffer = ArrayPool<byte>.Shared.Rent(BlockBytes);
        for (var done = 0L; done < tensor.ByteLength;)
        {
            cancel.ThrowIfCancellationRequested();
            var part = buffer.AsSpan(0, (int)Math.Min(BlockBytes, tensor.ByteLength - done));
            source.ReadExactly(done, part);
            hash.AppendData(part);
            progress.Advance(part.Length);
            done += part.Length;
        }
        ArrayPool<byte>.Shared.Return(buffer);
        return new TensorFingerprint(tensor.Name, tensor.DType, tensor.Shape, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
