namespace Ckpt.Models.Families;

/// <summary>
/// One relation of a family's table: these Hugging Face tensors and these Megatron tensors are made of the same parts. Each part is in
/// exactly one tensor of each side.
/// </summary>
/// <param name="Each">How often the row is there.</param>
/// <param name="Parts">Rows (axis 0) of each part, in the order Hugging Face has them.</param>
/// <param name="Rest">The axes behind axis 0, the same for all parts.</param>
/// <param name="Hf">The Hugging Face tensors.</param>
/// <param name="Megatron">The Megatron tensors.</param>
public sealed record FamilyRow(Each Each, IReadOnlyList<Dim> Parts, IReadOnlyList<Dim> Rest, IReadOnlyList<RowTensor> Hf, IReadOnlyList<RowTensor> Megatron)
{
    /// <summary>When the row counts.</summary>
    public When When { get; init; }

    /// <summary>Of which choice's option the row is part; null: it is there with every option.</summary>
    public RowOption? Option { get; init; }

    /// <summary>A second choice the row is part of an option of.</summary>
    public RowOption? AlsoOption { get; init; }

    /// <summary>The stack in whose layers the row repeats.</summary>
    public LayerGroup Group { get; init; }

    /// <summary>One tensor on each side, the same rows in the same order.</summary>
    public static FamilyRow Same(Each each, string hf, string megatron, params IReadOnlyList<Dim> shape) =>
        new(each, [shape[0]], [.. shape.Skip(1)], [new(hf, Dim.One, 0)], [new(megatron, Dim.One, 0)]);

    /// <summary>Several Hugging Face tensors in one Megatron tensor, interleaved by groups.</summary>
    public static FamilyRow Interleave(Each each, Dim groups, string megatron, IReadOnlyList<Dim> rest, params IReadOnlyList<(string Hf, Dim Rows)> parts) =>
        new(each, [.. parts.Select(part => part.Rows)], rest,
            [.. parts.Select((part, index) => new RowTensor(part.Hf, Dim.One, index))],
            [new(megatron, groups, [.. Enumerable.Range(0, parts.Count)])]);

    /// <summary>
    /// Whether a tensor's parts take turns row by row: a group for every row, and so one row of each part in a group. Such a tensor has an axis
    /// of turns behind its groups.
    /// </summary>
    internal bool TakeTurns(RowTensor tensor) =>
        tensor.Parts.Count > 1 && tensor.Groups != Dim.One && tensor.Parts.All(part => Parts[part] == tensor.Groups);
}
