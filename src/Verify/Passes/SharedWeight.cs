using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Inference.Weights;

namespace Ckpt.Verify.Passes;

/// <summary>Indices of a weight's shared axis that one rank has.</summary>
/// <param name="First">The first, in the whole.</param>
/// <param name="Count">How many.</param>
/// <param name="Column">The rank.</param>
/// <param name="Own">The first, in the rank's own.</param>
readonly record struct WeightSegment(long First, long Count, int Column, long Own);

/// <summary>A weight as ranks have it: along one axis one's behind the other's.</summary>
/// <param name="Shape">All of it.</param>
/// <param name="Shared">The axis that is shared, where ranks have equal parts in their order.</param>
/// <param name="Segments">Whose is what, along that axis.</param>
sealed record SharedWeight(Shape Shape, SharedAxis Shared, IReadOnlyList<WeightSegment> Segments)
{
    /// <summary>The weight of a name, from its shape in the whole and on each rank.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="whole">Its shape in the whole.</param>
    /// <param name="own">On each rank.</param>
    /// <param name="sections">Where it is fused of parts: their sizes in the whole and on a rank.</param>
    /// <exception cref="MalformedCheckpointException">VER-3.2: the ranks' do not make the whole.</exception>
    internal static SharedWeight Of(string name, Shape whole, Shape[] own, (long Whole, long Own)[]? sections)
    {
        var axis = Enumerable.Range(0, whole.Rank).FirstOrDefault(i => own[0].Rank == whole.Rank && own[0][i] != whole[i]);
        if (own.Length == 1 || (IsVocabulary(name) && own[0].Rank > 0)) { return InTurn(name, whole, own, IsVocabulary(name) ? 0 : axis); }
        if (own.All(shape => shape == whole)) { return new(whole, SharedAxis.None, [new WeightSegment(0, whole.Rank == 0 ? 1 : whole[0], 0, 0)]); }
        for (var i = 0; i < whole.Rank; i++)
        {
            if (own.Any(shape => shape.Rank != whole.Rank || (i == axis ? shape[i] != own[0][i] : shape[i] != whole[i]))) { Throw.Differ(name, whole, own[0]); }
        }
        sections ??= [(whole[axis], own[0][axis])];
        var segments = new List<WeightSegment>();
        var (first, at) = (0L, 0L);
        foreach (var (all, each) in sections)
        {
            if (each == 0 || all % each != 0 || own.Length % (all / each) != 0) { Throw.Differ(name, whole, own[0]); }
            // Ranks that gather keys and values have the same.
            var (ranks, step) = ((int)(all / each), (int)(own.Length / (all / each)));
            for (var rank = 0; rank < ranks; rank++, first += each) { segments.Add(new WeightSegment(first, each, rank * step, at)); }
            at += each;
        }
        if (first != whole[axis]) { Throw.Differ(name, whole, own[0]); }
        return new(whole, new SharedAxis(axis, sections.Length == 1 ? segments.Count : 1), segments);
    }

    /// <summary>Rows of tokens, padding among them, that may be fewer on the last rank.</summary>
    static SharedWeight InTurn(string name, Shape whole, Shape[] own, int axis)
    {
        var segments = new List<WeightSegment>();
        var first = 0L;
        if (whole.Rank == 0) { return new(whole, SharedAxis.None, [new WeightSegment(0, 1, 0, 0)]); }
        for (var rank = 0; rank < own.Length; first += own[rank++][axis]) { segments.Add(new WeightSegment(first, own[rank][axis], rank, 0)); }
        if (first < whole[axis]) { Throw.Differ(name, whole, own[0]); }
        var dims = whole.ToArray();
        dims[axis] = first;
        return new(new Shape(dims), new SharedAxis(axis, 1), segments);
    }

    static bool IsVocabulary(string name) => name.EndsWith("embed_tokens.weight", StringComparison.Ordinal) || name.StartsWith("lm_head.", StringComparison.Ordinal);

    static class Throw
    {
        [DoesNotReturn]
        internal static void Differ(string name, Shape whole, Shape own) => throw new MalformedCheckpointException(
            "VER-3.2", name, $"has shape {whole} in the model and {own} on a rank, which is no part of it that ranks can share");
    }
}
