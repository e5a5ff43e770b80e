using System.Security.Cryptography;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Comparing;

namespace Ckpt.Verify.Doctoring;

/// <summary>Reads every element, and tells of tensors that hold nothing, no numbers, memory that was never written, or what another holds.</summary>
public static class DataExamination
{
    const int BlockElements = 1 << 16;
    const int FewestForEntropy = 4096;

    // Weights of trained and of freshly initialised models have 2 to 4 bits of exponent; random bytes have all of a type's.
    const double MostEntropyShare = 0.8;

    /// <summary>What was found, in order of the tensors.</summary>
    public static IReadOnlyList<Finding> Examine(ICheckpointReader reader, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        var streams = new TensorStreams(reader);
        var tensors = streams.Tensors.Where(static tensor => tensor.Shape.Count > 0 && ElementValues.IsKnown(tensor.DType)).ToArray();
        var seen = new (TensorContent Content, string Hash)[tensors.Length];
        progress.Begin("examining", tensors.Sum(static tensor => tensor.ByteLength));
        OrderedParallel.For(tensors.Length, options.Threads, i => seen[i] = Read(streams, tensors[i], progress, cancel), cancel);
        var findings = new List<Finding>();
        for (var i = 0; i < tensors.Length; i++) { findings.AddRange(Of(tensors[i], seen[i].Content)); }
        foreach (var same in Enumerable.Range(0, tensors.Length).Where(i => tensors[i].Shape.Rank > 1 && !seen[i].Content.IsConstant).GroupBy(i => (tensors[i].Shape, tensors[i].DType, seen[i].Hash)).Where(static group => group.Count() > 1))
        {
            var names = same.Select(i => tensors[i].Name).ToArray();
            findings.Add(new Finding(Severity.Note, names[0], $"holds the same as {string.Join(", ", names.Skip(1).Take(4))}{(names.Length > 5 ? $" and {names.Length - 5:N0} more" : "")}", "nothing where they are tied; else one was written in the other's place"));
        }
        return findings;
    }

    static IEnumerable<Finding> Of(TensorInfo tensor, TensorContent content)
    {
        if (content.NaNs + content.Infinities > 0) { yield return new Finding(Severity.Warning, tensor.Name, $"{content.NaNs:N0} NaN and {content.Infinities:N0} infinite of {tensor.Shape.Count:N0} elements", "take an earlier checkpoint, or the source it was converted from"); }
        if (content.IsConstant && tensor.Shape.Rank > 1 && tensor.Shape.Count > 1) { yield return new Finding(Severity.Warning, tensor.Name, content.First == 0 ? "all its elements are zero" : $"all its elements are {content.First}", "make sure that it was written at all"); }
        if (ElementValues.IsFloat(tensor.DType) && tensor.Shape.Count >= FewestForEntropy && content.ExponentEntropy > MostEntropyShare * ExponentBits(tensor.DType))
        {
            yield return new Finding(Severity.Warning, tensor.Name, $"its exponents have {content.ExponentEntropy:F1} bits of entropy, as random bytes have: no weights look so", "it was likely never written: convert or copy it again");
        }
    }

    static (TensorContent, string) Read(TensorStreams streams, TensorInfo tensor, IRunProgress progress, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var size = tensor.DType.ByteSize();
        var (bytes, values) = (new byte[BlockElements * size], new double[BlockElements]);
        var content = new TensorContent(tensor.DType, ExponentBits(tensor.DType));
        var source = streams.Of(tensor.Name);
        for (var first = 0L; first < tensor.Shape.Count; first += BlockElements)
        {
            cancel.ThrowIfCancellationRequested();
            var count = (int)Math.Min(BlockElements, tensor.Shape.Count - first);
            source.ReadExactly(first * size, bytes.AsSpan(0, count * size));
            hash.AppendData(bytes, 0, count * size);
            ElementValues.Widen(tensor.DType, bytes.AsSpan(0, count * size), values.AsSpan(0, count));
            content.Add(bytes.AsSpan(0, count * size), values.AsSpan(0, count));
            progress.Advance((long)count * size);
        }
        return (content, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    static int ExponentBits(DType dtype) => dtype switch
    {
        DType.F64 => 11,
        DType.F32 or DType.BF16 => 8,
        DType.F16 or DType.F8E5M2 or DType.F8E5M2Fnuz => 5,
        _ => 4,
    };
}
