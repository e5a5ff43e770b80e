namespace Ckpt.Data.Packing;

/// <summary>A sample as training sees it: ids, and for each the label that is learned or <see cref="Ignored"/>.</summary>
public sealed record EncodedSample(int[] Ids, int[] Labels)
{
    /// <summary>The label of what is not learned.</summary>
    public const int Ignored = -100;

    /// <summary>Tokens.</summary>
    public int Length => Ids.Length;
}
