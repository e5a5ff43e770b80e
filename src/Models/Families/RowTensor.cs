using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Families;

/// <summary>
/// A tensor of one side in a row of a table. Its axis 0 is, for each of <paramref name="Groups"/> groups in turn, the group's equal share
/// of each of its parts in turn: with one group, the parts one after the other.
/// </summary>
/// <param name="Pattern">
/// The name, with {L} for the layer and {E} for the expert. Where the row is there for every expert and the pattern has no {E}, the experts
/// are an axis in front; a Megatron pattern whose <c>{L}.</c> is left out for keys that hold all layers has the layers in front of that.
/// </param>
/// <param name="Groups">How many groups.</param>
/// <param name="Parts">Indices of the row's parts, in order.</param>
public sealed record RowTensor(string Pattern, Dim Groups, params IReadOnlyList<int> Parts)
{
    /// <summary>Whether the rows are the last axis instead, behind the row's rest: the matrix is transposed.</summary>
    public bool IsTransposed { get; init; }

    /// <summary>Axes of size 1 in front of the rows.</summary>
    public int Ones { get; init; }

    /// <summary>What this side has added to every element (Megatron's zero-centred norms: -1).</summary>
    public double Added { get; init; }

    /// <summary>The element type the tensor is held in.</summary>
    public HeldAs HeldAs { get; init; }
}
