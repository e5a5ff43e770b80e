using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>The boxes of a target as ranks are found to have them, each once. Mutable; made by the writer alone.</summary>
sealed class LegacyTargetBoxes
{
    readonly Dictionary<Box, int> _numbers = [];
    readonly List<Box> _boxes = [];

    internal IReadOnlyList<Box> All => _boxes;

    /// <summary>The number of a box, the same for the same box.</summary>
    internal int Number(Box box)
    {
        if (_numbers.TryGetValue(box, out var number)) { return number; }
        _numbers.Add(box, _boxes.Count);
        _boxes.Add(box);
        return _boxes.Count - 1;
    }
}
