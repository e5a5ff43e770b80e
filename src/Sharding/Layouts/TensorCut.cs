namespace Ckpt.Sharding.Layouts;

/// <summary>
/// How a parameter is shared by ranks, whatever their number: along which of its own axes (without those of layers and experts), and in
/// which sections, of each of which every rank has its share, one behind the other.
/// </summary>
public sealed class TensorCut
{
    TensorCut(string name, CutKind kind, int axis, long[] sections, bool ofExperts = false) =>
        (Name, Kind, Axis, Sections, Whole, OfExperts) = (name, kind, axis, sections, sections.Sum(), ofExperts);

    /// <summary>Every rank has all of it: norms, routers, biases behind a sum.</summary>
    public static TensorCut Replicated { get; } = new("replicated", CutKind.Replicated, 0, [1]);

    /// <summary>Rows are shared: weight and bias of a column-parallel layer. Query, key and value groups are cut through where they are fewer than ranks.</summary>
    public static TensorCut Columns { get; } = new("columns", CutKind.Cut, 0, [1]);

    /// <summary>Columns are shared: the weight of a row-parallel layer.</summary>
    public static TensorCut Rows { get; } = new("rows", CutKind.Cut, 1, [1]);

    /// <summary>Gate rows and up rows are shared apart: rank i has [gate_i; up_i].</summary>
    public static TensorCut Gated { get; } = new("gated", CutKind.Cut, 0, [1, 1]);

    /// <summary>Rows of the embedding are shared; each rank has as many, those behind the last token are padding.</summary>
    public static TensorCut Vocabulary { get; } = new("vocabulary", CutKind.Vocabulary, 0, [1]);

    /// <summary>What people call it: <c>replicated</c>, <c>columns</c>, <c>rows</c>, <c>gated</c>, <c>vocabulary</c>, …</summary>
    public string Name { get; }

    /// <summary>Whether and how it is shared.</summary>
    public CutKind Kind { get; }

    /// <summary>The axis that is cut, counted behind the axes of layers and experts.</summary>
    public int Axis { get; }

    /// <summary>The sections of that axis by their shares of it: [1, 1] are two halves.</summary>
    public IReadOnlyList<long> Sections { get; }

    /// <summary>The sum of <see cref="Sections"/>.</summary>
    public long Whole { get; }

    /// <summary>Whether there is one for each expert, dealt out over expert ranks and cut over expert tensor ranks.</summary>
    public bool OfExperts { get; }

    /// <summary>Rows in sections of these sizes, of each of which every rank has its share: Megatron's own linear attention, Mamba.</summary>
    public static TensorCut InSections(params IReadOnlyList<long> sizes)
    {
        if (sizes.Count == 0 || sizes.Any(static size => size is < 1 or > uint.MaxValue)) { throw new ArgumentException("sections need a size of 1 to 2^32 − 1 each", nameof(sizes)); }
        return new($"columns in {sizes.Count} sections", CutKind.Cut, 0, [.. sizes]);
    }

    /// <summary>The same for each expert.</summary>
    public TensorCut ForExperts() => OfExperts ? this : new("experts' " + Name, Kind, Axis, [.. Sections], ofExperts: true);

    public override string ToString() => Name;
}
