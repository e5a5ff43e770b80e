using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.LegacyTorch;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>
/// The projections of latent attention where two are one tensor (LEG-4.4: MindSpeed's <c>linear_qkv</c>, Megatron-core's
/// <c>linear_qkv_down_proj</c>) or one is two (LEG-4.5: MindSpeed's <c>--mla-mm-split</c>). Pure.
/// </summary>
readonly struct LegacyLatent(LegacyChunkContext context, LegacyKey key, LegacyEntry entry, Dictionary<string, TorchTensor> layer)
{
    const string Attention = "self_attention.";

    /// <summary>The canonical parts of the entry; null where it is as it is everywhere; none where it belongs to another entry's.</summary>
    internal IReadOnlyList<LegacyPart>? Read()
    {
        var path = key.Path;
        if (path is Attention + "linear_qkv.weight" or Attention + "linear_qkv.bias") { return Down(Leaf(path)); }
        if (path.StartsWith(Attention + "linear_qkv_down_proj.layer_norm_", StringComparison.Ordinal))
        {
            return [LegacyPart.Whole(key with { Path = "input_layernorm." + path[(Attention + "linear_qkv_down_proj.layer_norm_").Length..] }, entry.Name, entry.Tensor)];
        }
        if (path is Attention + "linear_qkv_down_proj.weight" or Attention + "linear_qkv_down_proj.bias") { return Down(Leaf(path)); }
        return path switch
        {
            Attention + "linear_qk_nope.weight" => [Up("linear_q_up_proj", Attention + "linear_qk_rope.weight")],
            Attention + "linear_kv_nope.weight" => [Up("linear_kv_up_proj", Attention + "linear_v.weight")],
            Attention + "linear_qk_rope.weight" when layer.ContainsKey(Attention + "linear_qk_nope.weight") => [],
            Attention + "linear_v.weight" when layer.ContainsKey(Attention + "linear_kv_nope.weight") => [],
            _ => null,
        };
    }

    static string Leaf(string path) => path[(path.LastIndexOf('.') + 1)..];

    /// <summary>Rows of the query's projection, then those of key and value; whole on every rank.</summary>
    LegacyPart[] Down(string leaf)
    {
        var rows = entry.Tensor.Shape.Rank > 0 ? entry.Tensor.Shape[0] : 0;
        var low = Columns("linear_q_up_proj.weight") ?? Columns("linear_qk_nope.weight");
        var ofKv = low is null ? KvRows() : rows - low.Value;
        var ofQuery = rows - ofKv;
        if (ofQuery <= 0 || ofKv <= 0) { Throw.DownRows(context.Where, entry, ofQuery, ofKv); }
        var kv = LegacyPart.Rows(key with { Path = $"{Attention}linear_kv_down_proj.{leaf}" }, entry.Name, entry.Tensor, ofQuery, ofKv);
        if (low is not null) { return [LegacyPart.Rows(key with { Path = $"{Attention}linear_q_down_proj.{leaf}" }, entry.Name, entry.Tensor, 0, ofQuery), kv]; }
        // Without a low rank the query's projection is whole here, and elsewhere shared by tensor ranks.
        if (ofQuery % context.TensorSize != 0) { Throw.DownRows(context.Where, entry, ofQuery, ofKv); }
        var share = ofQuery / context.TensorSize;
        return [LegacyPart.Rows(key with { Path = $"{Attention}linear_q_proj.{leaf}" }, entry.Name, entry.Tensor, context.Tensor * share, share), kv];
    }

    long? Columns(string name) => layer.TryGetValue(Attention + name, out var tensor) && tensor.Shape.Rank == 2 ? tensor.Shape[1] : null;

    long KvRows()
    {
        var low = Columns("linear_kv_up_proj.weight") ?? Columns("linear_kv_nope.weight");
        var rope = context.Args.Size("qk_pos_emb_head_dim", "qk_rope_head_dim");
        return low is { } rank && rope is { } dim ? rank + dim : Throw.NoRope(context.Where, entry);
    }

    /// <summary>Each head's rows of the first tensor, then its rows of the second.</summary>
    LegacyPart Up(string module, string second)
    {
        if (!layer.TryGetValue(second, out var other)) { Throw.NoOther(context.Where, entry, second); }
        var (a, b) = (entry.Tensor, other);
        var heads = (context.Args.Heads ?? Throw.NoHeads(context.Where, entry)) / context.TensorSize;
        if (heads == 0 || a.Shape.Rank != 2 || b.Shape.Rank != 2 || a.Shape[1] != b.Shape[1] || a.DType != b.DType || a.Shape[0] % heads != 0 || b.Shape[0] % heads != 0)
        {
            Throw.UpRows(context.Where, entry, b.Shape, heads);
        }
        var (rowsA, rowsB, columns) = (a.Shape[0] / heads, b.Shape[0] / heads, a.Shape[1]);
        var pieces = new List<LegacyPiece>(2 * heads);
        for (var head = 0L; head < heads; head++)
        {
            var first = head * (rowsA + rowsB);
            pieces.Add(new LegacyPiece(new Box([first, 0], [rowsA, columns]), a, head * rowsA * a.Strides[0], [.. a.Strides]));
            pieces.Add(new LegacyPiece(new Box([first + rowsA, 0], [rowsB, columns]), b, head * rowsB * b.Strides[0], [.. b.Strides]));
        }
        return new LegacyPart(key with { Path = $"{Attention}{module}.weight" }, -1, entry.Name, new Shape(heads * (rowsA + rowsB), columns), pieces);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void DownRows(string where, LegacyEntry entry, long query, long kv) => throw new MalformedCheckpointException(
            "LEG-4.4", where, $"{Quoted.Name(entry.Name)} of shape {entry.Tensor.Shape} should hold {query} rows of the query and {kv} of key and value");

        [DoesNotReturn]
        internal static long NoRope(string where, LegacyEntry entry) => throw new MalformedCheckpointException(
            "LEG-4.4", where, $"where in {Quoted.Name(entry.Name)} key and value begin is not told: args.qk_pos_emb_head_dim is missing");

        [DoesNotReturn]
        internal static void NoOther(string where, LegacyEntry entry, string second) => throw new MalformedCheckpointException(
            "LEG-4.5", where, $"{Quoted.Name(entry.Name)} has no {second} beside it");

        [DoesNotReturn]
        internal static int NoHeads(string where, LegacyEntry entry) => throw new MalformedCheckpointException(
            "LEG-4.5", where, $"the rows of {Quoted.Name(entry.Name)} take turns by head, and args.num_attention_heads is missing");

        [DoesNotReturn]
        internal static void UpRows(string where, LegacyEntry entry, Shape other, int heads) => throw new MalformedCheckpointException(
            "LEG-4.5", where, $"{Quoted.Name(entry.Name)} of shape {entry.Tensor.Shape} and its other half of shape {other} are not rows of {heads} heads");
    }
}
