namespace Ckpt.Sharding.Plans;

/// <summary>
/// One rectangular copy: a region of a stored source box becomes a region of a target box. Both regions have the same extents along
/// corresponding axes (axes of size 1 are left out).
/// </summary>
/// <param name="SourceTensor">Index of the source tensor.</param>
/// <param name="SourceBox">Index of its stored box.</param>
/// <param name="SourceStart">Where the region starts in the stored box, one number per axis of the source tensor.</param>
/// <param name="SourceAxes">Which source axis each extent runs along.</param>
/// <param name="SourceSteps">How many indices of that axis lie between neighbours.</param>
/// <param name="TargetStart">Row-major place of the region's first element in the target box, in elements.</param>
/// <param name="TargetStrides">Elements between neighbours in the target box, per extent; descending.</param>
/// <param name="Extents">Elements along each axis.</param>
public sealed record RegionCopy(int SourceTensor, int SourceBox, long[] SourceStart, int[] SourceAxes, long[] SourceSteps, long TargetStart, long[] TargetStrides, long[] Extents)
{
    /// <summary>Elements copied.</summary>
    public long Count
    {
        get
        {
            var count = 1L;
            foreach (var extent in Extents) { count *= extent; }
            return count;
        }
    }

    /// <summary>Row-major place of the region's last element in the target box.</summary>
    internal long TargetLast
    {
        get
        {
            var last = TargetStart;
            for (var i = 0; i < Extents.Length; i++) { last += (Extents[i] - 1) * TargetStrides[i]; }
            return last;
        }
    }
}

/// <summary>Two source names that must hold the same numbers: one is not copied.</summary>
public readonly record struct AliasCheck(int Tensor, int Of, string Rule);

/// <summary>A source tensor, or part of one, that is not copied, and the rule that says so.</summary>
public readonly record struct DroppedTensor(string Name, long Elements, string Rule);

/// <summary>What a plan moves, counted: every element of both sides is in exactly one of these numbers.</summary>
public sealed record Ledger(
    int SourceTensors, int TargetTensors, long ElementsCopied, long ElementsZero, long BytesRead, long BytesWritten,
    IReadOnlyList<DroppedTensor> Dropped, IReadOnlyList<AliasCheck> Aliases, IReadOnlyList<string> Casts);
