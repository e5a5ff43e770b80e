namespace Ckpt.Formats.Torch;

/// <summary>A torch.Size, or a bare tuple or list of ints, in a pickle.</summary>
static class TorchSize
{
    const int MaxRank = 64; // at::kMaxDims

    /// <summary>The axis sizes, or null where the node is none, or holds more than 64 or something other than ints from 0 to 2^63 − 1.</summary>
    internal static long[]? TryRead(PickleNode? node)
    {
        if (node is PickleObject { ClassName: "torch.Size", Args: PickleTuple { Items: [var inner] } }) { node = inner; }
        var items = node switch
        {
            PickleTuple tuple => tuple.Items,
            PickleList list => list.Items,
            _ => null,
        };
        if (items is null || items.Count > MaxRank) { return null; }
        var values = new long[items.Count];
        for (var i = 0; i < values.Length; i++)
        {
            if (items[i] is not PickleInt { Value: var value } || value < 0 || value > long.MaxValue) { return null; }
            values[i] = (long)value;
        }
        return values;
    }
}
