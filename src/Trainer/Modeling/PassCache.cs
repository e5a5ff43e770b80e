using Ckpt.Inference.Descriptions;
using Ckpt.Torch;
using Ckpt.Trainer.Modeling.Kernels;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling;

/// <summary>Masks and angles, which are the same from step to step.</summary>
sealed class PassCache : IDisposable
{
    // Lengths that come by turns; masks of one long length are at most 2 · 512 queries high.
    const int Most = 32;

    readonly Dictionary<MaskKind, Tensor> _masks = [];
    readonly Dictionary<(RotaryKind, long), RotaryTable> _angles = [];

    internal RotaryTable Angles(RotaryKind kind, long length, string where)
    {
        if (_angles.TryGetValue((kind, length), out var known)) { return known; }
        if (_angles.Count >= Most) { _angles.Clear(); }
        var positions = new long[length];
        for (var i = 0; i < positions.Length; i++) { positions[i] = i; }
        return _angles[(kind, length)] = new RotaryTable(kind, positions, where);
    }

    internal Tensor Mask(MaskKind kind)
    {
        if (_masks.TryGetValue(kind, out var known)) { return known; }
        if (_masks.Count >= Most) { Clear(); }
        var values = new float[kind.Queries * kind.Keys];
        for (var query = 0L; query < kind.Queries; query++)
        {
            var last = query + kind.Ahead;
            var first = kind.Window is { } window ? Math.Max(0, last - window + 1) : 0;
            var row = values.AsSpan((int)(query * kind.Keys), (int)kind.Keys);
            row[..(int)first].Fill(float.NegativeInfinity);
            if (last + 1 < kind.Keys) { row[(int)(last + 1)..].Fill(float.NegativeInfinity); }
        }
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var mask = tensor(values, [1, kind.Queries, kind.Keys]).to(kind.Type).repeat(1, kind.Repeats, 1).DetachFromDisposeScope();
        _masks.Add(kind, mask);
        return mask;
    }

    public void Dispose() => Clear();

    void Clear()
    {
        foreach (var mask in _masks.Values) { mask.Dispose(); }
        _masks.Clear();
    }
}
