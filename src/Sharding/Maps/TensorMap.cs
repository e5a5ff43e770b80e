using System.Text.RegularExpressions;
using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Maps;

/// <summary>A tensor one side of a map consists of.</summary>
/// <param name="Name">Its name in the checkpoint.</param>
/// <param name="Shape">The shape that links see.</param>
public sealed record MappedTensor(string Name, Shape Shape)
{
    readonly Shape? _stored;

    /// <summary>
    /// The shape in the checkpoint, where links see a finer one: each stored axis is one axis of <see cref="Shape"/> or the product of several that
    /// follow each other, row-major (gate and up columns that take turns are an axis of 2).
    /// </summary>
    public Shape StoredShape { get => _stored ?? Shape; init => _stored = value; }

    /// <summary>What this side has added to every element; two tensors whose numbers differ are the same numbers but for that.</summary>
    public double Added { get; init; }

    /// <summary>The element type it is written in.</summary>
    public HeldAs HeldAs { get; init; }
}

/// <summary>
/// "These are the same numbers": a box of a tensor on the left and a box of a tensor on the right. The two sizes are equal once axes
/// of size 1 are left out, and elements correspond in that order, unless <see cref="Axes"/> says another.
/// </summary>
/// <param name="Left">Index into <see cref="MapSide.Tensors"/> of the left side.</param>
/// <param name="LeftBox">Which elements there.</param>
/// <param name="Right">Index into <see cref="MapSide.Tensors"/> of the right side.</param>
/// <param name="RightBox">Which elements there.</param>
public readonly record struct Link(int Left, Box LeftBox, int Right, Box RightBox)
{
    /// <summary>
    /// For each axis of the left box the axis of the right box that it is, or -1 where it is none (the axis then has size 1); null: axes longer
    /// than 1 correspond in order. A transposed matrix is [1, 0].
    /// </summary>
    public IReadOnlyList<int>? Axes { get; init; }

    /// <summary>The link seen from the other side.</summary>
    public Link Reverse() => new(Right, RightBox, Left, LeftBox) { Axes = Axes is null ? null : Inverse(Axes, RightBox.Rank) };

    static int[] Inverse(IReadOnlyList<int> axes, int rank)
    {
        var inverse = new int[rank];
        Array.Fill(inverse, -1);
        for (var axis = 0; axis < axes.Count; axis++)
        {
            if (axes[axis] >= 0) { inverse[axes[axis]] = axis; }
        }
        return inverse;
    }
}

/// <summary>Elements of a tensor that no link reaches on purpose: zero where written, dropped where read.</summary>
public readonly record struct Padding(int Tensor, Box Box, string Rule);

/// <summary>
/// A name that may be present besides, holding the same numbers as one of the side's tensors (a tied output layer): compared where
/// read, never written.
/// </summary>
public readonly record struct Alias(string Name, int Of, string Rule)
{
    /// <summary>Whether it is written all the same: readers of such files look for it.</summary>
    public bool IsWritten { get; init; }
}

/// <summary>Names that may be present and are left out, by a rule that the receipt names.</summary>
public sealed record Drop(Regex Names, string Rule);

/// <summary>
/// One side of a map: the tensors it consists of, and what else may be present.
/// </summary>
public sealed record MapSide(
    IReadOnlyList<MappedTensor> Tensors,
    IReadOnlyList<Padding> Paddings,
    IReadOnlyList<Alias> Aliases,
    IReadOnlyList<Drop> Drops)
{
    /// <summary>A side of these tensors and nothing else.</summary>
    public static MapSide Of(IReadOnlyList<MappedTensor> tensors) => new(tensors, [], [], []);
}

/// <summary>
/// Which box of which tensor on the left is the same numbers as which box of which tensor on the right. Links and paddings cover
/// every element of both sides exactly once. A map has no direction: <see cref="Reverse"/> swaps the sides.
/// </summary>
public sealed record TensorMap(MapSide Left, MapSide Right, IReadOnlyList<Link> Links)
{
    /// <summary>The same map with the sides swapped.</summary>
    public TensorMap Reverse()
    {
        var links = new Link[Links.Count];
        for (var i = 0; i < links.Length; i++) { links[i] = Links[i].Reverse(); }
        return new TensorMap(Right, Left, links);
    }

    /// <summary>Every tensor of a checkpoint onto itself.</summary>
    public static TensorMap Identity(IReadOnlyList<MappedTensor> tensors)
    {
        var links = new Link[tensors.Count];
        for (var i = 0; i < links.Length; i++)
        {
            var whole = Box.Whole(tensors[i].Shape);
            links[i] = new Link(i, whole, i, whole);
        }
        return new TensorMap(MapSide.Of(tensors), MapSide.Of(tensors), links);
    }
}
