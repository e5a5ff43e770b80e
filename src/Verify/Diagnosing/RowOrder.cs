namespace Ckpt.Verify.Diagnosing;

/// <summary>Explains why the rows of two tensors differ, from the rows' hashes alone: each answer holds for every row. Pure.</summary>
static class RowOrder
{
    const int LargestHead = 512;
    const int LargestTensorParallel = 64;

    /// <summary>The cause, or null where none of those known explains every row.</summary>
    /// <param name="a">Hashes of the first's rows.</param>
    /// <param name="b">Hashes of the second's, as many.</param>
    /// <param name="zero">The hash of a row of zeros.</param>
    internal static Diagnosis? Explain(UInt128[] a, UInt128[] b, UInt128 zero)
    {
        var differing = Enumerable.Range(0, a.Length).Where(i => a[i] != b[i]).ToArray();
        if (differing.Length == 0) { return null; }
        return Zeroed(a, b, zero, differing) ?? Halves(a, b) ?? TensorParallel(a, b) ?? Rotary(a, b) ?? Permuted(a, b, differing) ?? Shifted(a, b, differing);
    }

    static Diagnosis? Zeroed(UInt128[] a, UInt128[] b, UInt128 zero, int[] differing)
    {
        if (differing.All(i => b[i] == zero)) { return new Diagnosis(DiagnosisKind.RowsZeroed, $"{Rows(differing)} zero in B, all others equal"); }
        return differing.All(i => a[i] == zero) ? new Diagnosis(DiagnosisKind.RowsZeroed, $"{Rows(differing)} zero in A, all others equal") : null;
    }

    static Diagnosis? Halves(UInt128[] a, UInt128[] b)
    {
        var half = a.Length / 2;
        return a.Length % 2 == 0 && a.Length > 2 && Holds(a, b, i => (i + half) % a.Length)
            ? new Diagnosis(DiagnosisKind.HalvesSwapped, $"the two halves of {half:N0} rows are swapped (gate and up)") : null;
    }

    /// <summary>[g0, u0, g1, u1] for [g, u]: each rank's gate rows, then its up rows; and the way back.</summary>
    static Diagnosis? TensorParallel(UInt128[] a, UInt128[] b)
    {
        for (var ranks = 2; ranks <= LargestTensorParallel && a.Length >= 4 * ranks; ranks++)
        {
            if (a.Length % (2 * ranks) != 0) { continue; }
            var (part, count) = (a.Length / (2 * ranks), ranks);
            int Taken(int i) => (i / part % 2 * count * part) + (i / (2 * part) * part) + (i % part);
            if (Holds(a, b, Taken)) { return new Diagnosis(DiagnosisKind.TensorParallelOrder, $"B has gate and up rows by turns of {ranks} tensor-parallel ranks, A all gate rows before all up rows"); }
            if (Holds(b, a, Taken)) { return new Diagnosis(DiagnosisKind.TensorParallelOrder, $"A has gate and up rows by turns of {ranks} tensor-parallel ranks, B all gate rows before all up rows"); }
        }
        return null;
    }

    static Diagnosis? Rotary(UInt128[] a, UInt128[] b)
    {
        for (var head = 4; head <= Math.Min(LargestHead, a.Length); head += 2)
        {
            if (a.Length % head != 0) { continue; }
            var (size, half) = (head, head / 2);
            int Paired(int i) => (i / size * size) + (i % size < half ? i % size * 2 : ((i % size - half) * 2) + 1);
            if (Holds(a, b, Paired)) { return new Diagnosis(DiagnosisKind.RotaryOrder, $"each head of {head} rows is in halves in B and in pairs in A (the two forms of rotary embedding)"); }
            if (Holds(b, a, Paired)) { return new Diagnosis(DiagnosisKind.RotaryOrder, $"each head of {head} rows is in pairs in B and in halves in A (the two forms of rotary embedding)"); }
        }
        return null;
    }

    static Diagnosis? Permuted(UInt128[] a, UInt128[] b, int[] differing)
    {
        // Rows that are equal in place stay; the others must be each other's.
        var places = new Dictionary<UInt128, Queue<int>>();
        foreach (var i in differing)
        {
            if (!places.TryGetValue(a[i], out var queue)) { places.Add(a[i], queue = new Queue<int>()); }
            queue.Enqueue(i);
        }
        var from = Enumerable.Range(0, a.Length).ToArray();
        foreach (var i in differing)
        {
            if (!places.TryGetValue(b[i], out var queue) || !queue.TryDequeue(out from[i])) { return null; }
        }
        for (var block = a.Length / 2; block >= 2; block--)
        {
            if (a.Length % block != 0 || !MovesWhole(from, block)) { continue; }
            var moved = Enumerable.Range(0, a.Length / block).Where(i => from[i * block] != i * block).ToArray();
            return new Diagnosis(DiagnosisKind.HeadsPermuted, $"{moved.Length:N0} blocks of {block:N0} rows (heads) are permuted: block {moved[0]:N0} of B is block {from[moved[0] * block] / block:N0} of A");
        }
        return new Diagnosis(DiagnosisKind.RowsPermuted, $"{differing.Length:N0} rows are permuted: row {differing[0]:N0} of B is row {from[differing[0]]:N0} of A");
    }

    static bool MovesWhole(int[] from, int block)
    {
        for (var i = 0; i < from.Length; i++)
        {
            var start = from[i - (i % block)];
            if (start % block != 0 || from[i] != start + (i % block)) { return false; }
        }
        return true;
    }

    static Diagnosis? Shifted(UInt128[] a, UInt128[] b, int[] differing)
    {
        var probe = differing[differing.Length / 2];
        for (var i = 0; i < a.Length; i++)
        {
            var shift = probe - i;
            if (a[i] != b[probe] || shift == 0 || Math.Abs(shift) > a.Length / 2) { continue; }
            if (Enumerable.Range(Math.Max(0, shift), a.Length - Math.Abs(shift)).All(row => b[row] == a[row - shift]))
            {
                return new Diagnosis(DiagnosisKind.RowsShifted, $"all rows of B lie {Math.Abs(shift):N0} {(shift > 0 ? "further on" : "before their place")} (an offset, or padding in another place)");
            }
        }
        return null;
    }

    static bool Holds(UInt128[] a, UInt128[] b, Func<int, int> from)
    {
        for (var i = 0; i < b.Length; i++)
        {
            if (b[i] != a[from(i)]) { return false; }
        }
        return true;
    }

    static string Rows(int[] rows) => rows.Length == 1 ? $"row {rows[0]:N0} is" : $"{rows.Length:N0} rows ({string.Join(", ", rows.Take(4))}{(rows.Length > 4 ? ", …" : "")}) are";
}
