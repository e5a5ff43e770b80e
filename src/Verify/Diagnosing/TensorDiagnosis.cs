using System.Security.Cryptography;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Verify.Comparing;

namespace Ckpt.Verify.Diagnosing;

/// <summary>Looks for the cause of differences by trying causes: what is told was checked on every element. Reads through buffers and hashes of rows.</summary>
sealed class TensorDiagnosis
{
    const int PrefixBytes = 4096;
    const int BlockElements = 1 << 15;
    const int MostFlips = 8;

    readonly TensorStreams _a;
    readonly TensorStreams _b;
    readonly CancellationToken _cancel;
    readonly Dictionary<string, UInt128> _whole = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _prefixes = new(StringComparer.Ordinal);
    readonly Lazy<ILookup<string, TensorInfo>> _ofPrefix;

    internal TensorDiagnosis(TensorStreams a, TensorStreams b, CancellationToken cancel)
    {
        (_a, _b, _cancel) = (a, b, cancel);
        _ofPrefix = new Lazy<ILookup<string, TensorInfo>>(() => _a.Tensors.ToLookup(tensor => Prefix(_a, "a", tensor), StringComparer.Ordinal));
    }

    /// <summary>The name under which the first has all of what the second has as <paramref name="name"/>; null where it has none, or the same.</summary>
    internal string? SameElsewhere(string name)
    {
        var tensor = _b[name];
        var same = _ofPrefix.Value[Prefix(_b, "b", tensor)].Where(other => Whole(_a, "a", other) == Whole(_b, "b", tensor)).Select(static other => other.Name).ToArray();
        return same.Length == 0 || same.Contains(name) ? null : same[0];
    }

    /// <summary>Why a tensor of both differs; null where no cause that is known explains all of it.</summary>
    internal Diagnosis? Of(string name, DifferenceStatistics? statistics)
    {
        var (a, b) = (_a[name], _b[name]);
        if (SameElsewhere(name) is { } other) { return new Diagnosis(DiagnosisKind.OtherTensor, $"B has here what A has as {other}"); }
        if (IsTransposed(a, b)) { return new Diagnosis(DiagnosisKind.Transposed, "B is A transposed"); }
        if (a.Shape != b.Shape || statistics is null) { return null; }
        return ByRows(a, b) ?? AmongSiblings(name) ?? ByElements(a, b, statistics) ?? Flipped(statistics) ?? ByColumns(a, b);
    }

    bool IsTransposed(TensorInfo a, TensorInfo b) =>
        a.DType == b.DType && a.Shape.Rank == 2 && b.Shape.Rank == 2 && a.Shape[0] == b.Shape[1] && a.Shape[1] == b.Shape[0] && a.Shape[0] > 1 && a.Shape[1] > 1 && AreEqual(_a.Transposed(a.Name), _b.Of(b.Name));

    Diagnosis? ByRows(TensorInfo a, TensorInfo b)
    {
        var rows = Rows(a);
        if (a.DType != b.DType || rows is < 2 or > RowHashes.MostRows) { return null; }
        return RowOrder.Explain(Hashes(_a, a, rows), Hashes(_b, b, rows), RowHashes.OfZeros(a.ByteLength / rows));
    }

    /// <summary>Rows of q, k and v, or of gate and up, as if they were one tensor.</summary>
    Diagnosis? AmongSiblings(string name)
    {
        var group = SiblingGroups.Of(name);
        if (group is null || !group.All(_a.Has) || !group.All(_b.Has)) { return null; }
        var (first, total) = (_a[group[0]], 0L);
        foreach (var sibling in group)
        {
            var (a, b) = (_a[sibling], _b[sibling]);
            if (a.Shape != b.Shape || a.DType != b.DType || a.DType != first.DType || Rows(a) == 0 || a.ByteLength / Rows(a) != first.ByteLength / Rows(first)) { return null; }
            total += Rows(a);
        }
        if (total > RowHashes.MostRows) { return null; }
        UInt128[] Joined(TensorStreams side) => [.. group.SelectMany(sibling => Hashes(side, side[sibling], Rows(side[sibling])))];
        return RowOrder.Explain(Joined(_a), Joined(_b), RowHashes.OfZeros(first.ByteLength / Rows(first))) is { } found and { Kind: not DiagnosisKind.RowsZeroed and not DiagnosisKind.RowsShifted }
            ? found with { Text = $"{string.Join(", ", group.Select(static sibling => sibling.Split('.')[^2]))} put together: {found.Text}" } : null;
    }

    Diagnosis? ByElements(TensorInfo a, TensorInfo b, DifferenceStatistics statistics)
    {
        if (!ElementValues.IsFloat(a.DType) || !ElementValues.IsFloat(b.DType) || statistics.Worst.Count == 0) { return null; }
        var largest = statistics.Worst[0];
        var rules = ElementRule.Candidates(a.DType, b.DType, largest.A, largest.B).ToList();
        var (bytesA, bytesB) = (new byte[BlockElements * a.DType.ByteSize()], new byte[BlockElements * b.DType.ByteSize()]);
        var (valuesA, valuesB, values, made) = (new double[BlockElements], new double[BlockElements], new double[BlockElements], new byte[BlockElements * sizeof(double)]);
        var (sourceA, sourceB) = (_a.Of(a.Name), _b.Of(b.Name));
        for (var first = 0L; first < a.Shape.Count && rules.Count > 0; first += BlockElements)
        {
            _cancel.ThrowIfCancellationRequested();
            var count = (int)Math.Min(BlockElements, a.Shape.Count - first);
            var partA = bytesA.AsSpan(0, count * a.DType.ByteSize());
            var partB = bytesB.AsSpan(0, count * b.DType.ByteSize());
            sourceA.ReadExactly(first * a.DType.ByteSize(), partA);
            sourceB.ReadExactly(first * b.DType.ByteSize(), partB);
            ElementValues.Widen(a.DType, partA, valuesA.AsSpan(0, count));
            ElementValues.Widen(b.DType, partB, valuesB.AsSpan(0, count));
            for (var i = rules.Count - 1; i >= 0; i--)
            {
                var holds = rules[i].Reversed ? rules[i].Holds(valuesB.AsSpan(0, count), a.DType, partA, values, made) : rules[i].Holds(valuesA.AsSpan(0, count), b.DType, partB, values, made);
                if (!holds) { rules.RemoveAt(i); }
            }
        }
        return rules.Count > 0 ? rules[0].Diagnosis : null;
    }

    static Diagnosis? Flipped(DifferenceStatistics statistics) => statistics.SingleBits == statistics.Different && statistics.Different is > 0 and <= MostFlips
        ? new Diagnosis(DiagnosisKind.BitsFlipped, $"{(statistics.Different == 1 ? "one element differs" : $"{statistics.Different} elements differ")} in a single bit (damaged on disk or in memory)") : null;

    /// <summary>Whole columns in another order; looked into only where the first row has the same elements in another order.</summary>
    Diagnosis? ByColumns(TensorInfo a, TensorInfo b)
    {
        if (a.DType != b.DType || a.Shape.Rank != 2 || a.Shape[0] < 2 || a.Shape[1] is < 2 or > RowHashes.MostRows) { return null; }
        var size = a.DType.ByteSize();
        var (rowA, rowB) = (new byte[a.Shape[1] * size], new byte[a.Shape[1] * size]);
        _a.Of(a.Name).ReadExactly(0, rowA);
        _b.Of(b.Name).ReadExactly(0, rowB);
        if (size > sizeof(ulong) || !Sorted(rowA, size).SequenceEqual(Sorted(rowB, size))) { return null; }
        var column = a.Shape[0] * size;
        var found = RowOrder.Explain(
            RowHashes.Of(_a.Transposed(a.Name), a.Shape[1], column, _cancel), RowHashes.Of(_b.Transposed(b.Name), a.Shape[1], column, _cancel), RowHashes.OfZeros(column));
        return found is null ? null : new Diagnosis(DiagnosisKind.ColumnsPermuted, $"of the columns, as rows: {found.Text}");
    }

    static ulong[] Sorted(byte[] row, int size)
    {
        var elements = new ulong[row.Length / size];
        for (var i = 0; i < elements.Length; i++) { elements[i] = ElementValues.Bits(row.AsSpan(i * size, size)); }
        Array.Sort(elements);
        return elements;
    }

    UInt128[] Hashes(TensorStreams side, TensorInfo tensor, long rows) => RowHashes.Of(side.Of(tensor.Name), rows, tensor.ByteLength / rows, _cancel);

    // A vector's rows are its elements.
    static long Rows(TensorInfo tensor) => tensor.Shape.Rank == 0 || tensor.Shape.Count == 0 ? 0 : tensor.Shape[0];

    string Prefix(TensorStreams side, string which, TensorInfo tensor)
    {
        if (_prefixes.TryGetValue(which + tensor.Name, out var known)) { return known; }
        var bytes = new byte[Math.Min(PrefixBytes, tensor.ByteLength)];
        if (bytes.Length > 0) { side.Of(tensor.Name).ReadExactly(0, bytes); }
        return _prefixes[which + tensor.Name] = $"{tensor.DType} {tensor.Shape} {Convert.ToHexString(SHA256.HashData(bytes))}";
    }

    UInt128 Whole(TensorStreams side, string which, TensorInfo tensor)
    {
        if (_whole.TryGetValue(which + tensor.Name, out var known)) { return known; }
        return _whole[which + tensor.Name] = RowHashes.Of(side.Of(tensor.Name), 1, tensor.ByteLength, _cancel)[0];
    }

    bool AreEqual(IByteSource a, IByteSource b)
    {
        var (partA, partB) = (new byte[BlockElements], new byte[BlockElements]);
        for (var done = 0L; done < b.Length; done += BlockElements)
        {
            _cancel.ThrowIfCancellationRequested();
            var count = (int)Math.Min(BlockElements, b.Length - done);
            a.ReadExactly(done, partA.AsSpan(0, count));
            b.ReadExactly(done, partB.AsSpan(0, count));
            if (!partA.AsSpan(0, count).SequenceEqual(partB.AsSpan(0, count))) { return false; }
        }
        return true;
    }
}
