using Ckpt.Formats.LegacyTorch;
using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>A stretch of a stored tensor's bytes: boxes of a target, or zeros.</summary>
/// <param name="Bytes">How many.</param>
/// <param name="Target">The target's number; −1: zeros.</param>
/// <param name="Box">The first box's number.</param>
/// <param name="Order">As <see cref="DataRange.Order"/>.</param>
/// <param name="Joined">As <see cref="DataRange.Joined"/>.</param>
/// <param name="JoinAxis">As <see cref="DataRange.JoinAxis"/>.</param>
readonly record struct LegacyStretch(long Bytes, int Target, int Box, IReadOnlyList<int>? Order = null, IReadOnlyList<int>? Joined = null, int JoinAxis = 0);

/// <summary>A stored tensor as it grows.</summary>
sealed record LegacyStoredDraft(string Name, DType DType)
{
    /// <summary>Its stretches, by the place they take where not in the order they come.</summary>
    internal List<(int Place, LegacyStretch Stretch)> Stretches { get; } = new(1);

    /// <summary>Its shape, once all of it is known.</summary>
    internal Func<Shape> Shape { get; set; } = static () => default;
}

/// <summary>A rank's file as it grows: its tensors chunk by chunk, those that are copies behind the others. Mutable; made by the writer alone.</summary>
sealed class LegacyRankDraft(LegacyRankName name, int chunks)
{
    readonly List<LegacyStoredDraft>[] _tensors = [.. Enumerable.Range(0, chunks).Select(static _ => new List<LegacyStoredDraft>())];
    readonly List<LegacyStoredDraft>[] _copies = [.. Enumerable.Range(0, chunks).Select(static _ => new List<LegacyStoredDraft>())];
    readonly Dictionary<(int, string), LegacyStoredDraft> _byName = [];

    internal LegacyRankName Name { get; } = name;

    /// <summary>The tensor of a name, new or begun.</summary>
    internal LegacyStoredDraft Tensor(int chunk, string name, DType dtype, bool isCopy)
    {
        if (_byName.TryGetValue((chunk, name), out var draft)) { return draft; }
        draft = new LegacyStoredDraft(name, dtype);
        _byName.Add((chunk, name), draft);
        (isCopy ? _copies : _tensors)[chunk].Add(draft);
        return draft;
    }

    /// <summary>The tensors of each chunk, in the order they are written.</summary>
    internal IReadOnlyList<IReadOnlyList<LegacyStoredDraft>> Chunks => [.. _tensors.Zip(_copies, static (own, copies) => (IReadOnlyList<LegacyStoredDraft>)[.. own, .. copies])];
}
