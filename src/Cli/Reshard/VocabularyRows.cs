using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Models.Bridge;
using Ckpt.Sharding.Maps;

namespace Ckpt.Cli.Reshard;

/// <summary>
/// The rows of embedding and output layer, and of optimizer state of theirs, which are the vocabulary's and padding behind it, so that tensor
/// parallel ranks share them evenly.
/// </summary>
static partial class VocabularyRows
{
    /// <summary>The number of rows to write, or null where it stays as it is.</summary>
    /// <exception cref="LayoutException">CLI-9.4: ranks cannot share the rows, and what of them is padding is not known.</exception>
    internal static long? Target(IReadOnlyList<MappedTensor> tensors, PickleDict common, ReshardArguments arguments, string where)
    {
        if (tensors.FirstOrDefault(static t => Vocabulary().IsMatch(t.Name) && t.Shape.Rank > 0) is not { } embedding) { return null; }
        var stored = embedding.Shape[0];
        var tensor = arguments.Sizes?.Tensor ?? 1;
        if (arguments.VocabDivisibleBy is not { } divisible)
        {
            if (stored % tensor == 0) { return null; }
            divisible = 1;
        }
        var vocab = Attribute(common, "vocab_size") ?? Attribute(common, "true_vocab_size");
        // Without the vocabulary's size nothing may be cut off, but more can always be added.
        var rows = VocabPadding.Native(Math.Min(vocab ?? stored, stored), tensor, divisible);
        if (rows < stored && vocab is null) { rows = VocabPadding.Native(stored, tensor, divisible); }
        if (vocab > rows) { Throw.Short(where, rows, vocab.Value); }
        return rows == stored ? null : rows;
    }

    /// <summary>The map with so many rows on the right: zeros behind what is there, or rows of padding left out.</summary>
    internal static TensorMap Resize(TensorMap map, long rows, List<string> notes)
    {
        var tensors = new List<MappedTensor>(map.Right.Tensors);
        var (left, right) = (new List<Padding>(map.Left.Paddings), new List<Padding>(map.Right.Paddings));
        var links = new List<Link>(map.Links);
        for (var l = 0; l < links.Count; l++)
        {
            var (link, tensor) = (links[l], tensors[links[l].Right]);
            if (!Vocabulary().IsMatch(tensor.Name) || tensor.Shape.Rank == 0) { continue; }
            var (from, shape) = (tensor.Shape[0], tensor.Shape.ToArray());
            shape[0] = rows;
            tensors[link.Right] = new MappedTensor(tensor.Name, new Shape([.. shape]));
            var common = Rows(tensor.Shape, 0, Math.Min(from, rows));
            links[l] = new Link(link.Left, common, link.Right, common);
            if (rows > from) { right.Add(new Padding(link.Right, Rows(tensor.Shape, from, rows - from), string.Create(CultureInfo.InvariantCulture, $"vocabulary padding: rows {from} to {rows - 1} belong to no token"))); }
            else { left.Add(new Padding(link.Left, Rows(tensor.Shape, rows, from - rows), string.Create(CultureInfo.InvariantCulture, $"vocabulary padding: rows from {rows} on belong to no token"))); }
            if (right.Count + left.Count == 1) { notes.Add(string.Create(CultureInfo.InvariantCulture, $"the vocabulary's {from} rows become {rows}")); }
        }
        return new TensorMap(map.Left with { Paddings = left }, map.Right with { Tensors = tensors, Paddings = right }, links);
    }

    static Box Rows(Shape shape, long first, long count)
    {
        var (offset, size) = (new long[shape.Rank], shape.ToArray());
        (offset[0], size[0]) = (first, count);
        return new Box(offset, size);
    }

    static long? Attribute(PickleDict common, string name)
    {
        var args = common.Find("args") switch
        {
            PickleObject { Attributes: { } attributes } => attributes,
            PickleDict dict => dict,
            _ => null,
        };
        return args?.Find(name) is PickleInt { Value: var value } && value > 0 && value < int.MaxValue ? (long)value : null;
    }

    [GeneratedRegex(@"(^|\.)(embedding\.word_embeddings\.weight|output_layer\.(weight|bias))$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Vocabulary();

    static class Throw
    {
        [DoesNotReturn]
        internal static void Short(string where, long rows, long vocab) => throw new LayoutException(
            "CLI-9.4", where, $"the embedding has {rows} rows to share, its args say vocab_size {vocab}; rows of tokens would be lost");
    }
}
