using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.LegacyTorch;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>
/// Gives the tensors of a rank's state dict their canonical names and the rows and columns that go with them: whichever implementation of
/// layers and experts the run had, of whichever age. Pure.
/// </summary>
sealed class LegacyChunkReader
{
    const string Qkv = "self_attention.linear_qkv.";
    const string Fc1Norm = "mlp.linear_fc1.layer_norm_";

    readonly LegacyChunkContext _context;
    readonly bool _old;
    readonly bool _local;
    readonly List<(LegacyKey Key, LegacyEntry Entry)> _entries = [];
    readonly Dictionary<(string, int), Dictionary<string, TorchTensor>> _layers = [];
    readonly List<LegacyPart> _parts = [];

    LegacyChunkReader(LegacyChunk chunk, LegacyChunkContext context)
    {
        _context = context;
        _old = chunk.Tensors.Any(static entry => LegacyKey.IsOld(entry.Name));
        // Transformer Engine's layers have a norm fused into the projection behind it, and a state beside each module.
        _local = _old || (context.Args.Implementation is { } named ? named == "local" : !chunk.HasExtraState);
        foreach (var entry in chunk.Tensors)
        {
            var key = _old ? LegacyKey.OfOld(entry.Name) : LegacyKey.OfCore(entry.Name);
            if (key.IsInLayer) { key = key with { Path = LegacyPaths.Plain(key.Path) }; }
            _entries.Add((key, entry));
            if (!key.IsInLayer) { continue; }
            if (!_layers.TryGetValue(key.Layer, out var layer)) { _layers.Add(key.Layer, layer = []); }
            layer.TryAdd(key.Path, entry.Tensor);
        }
    }

    internal static IReadOnlyList<LegacyPart> Read(LegacyChunk chunk, LegacyChunkContext context)
    {
        var reader = new LegacyChunkReader(chunk, context);
        foreach (var (key, entry) in reader._entries)
        {
            if (key.IsInLayer) { reader.InLayer(key, entry); }
            else { reader.Add(LegacyPart.Whole(key, entry.Name, entry.Tensor)); }
        }
        return reader._parts;
    }

    void Add(LegacyPart part) => _parts.Add(part);

    void InLayer(LegacyKey key, LegacyEntry entry)
    {
        var layer = _layers[key.Layer];
        if (key.Path.StartsWith("mlp.experts.", StringComparison.Ordinal)) { Expert(key, entry, layer); return; }
        var latent = layer.ContainsKey("self_attention.linear_kv_up_proj.weight") || layer.ContainsKey("self_attention.linear_kv_nope.weight");
        if (latent && LatentParts(key, entry, layer)) { return; }
        key = key with { Path = Norm(key.Path, layer, latent) };
        if (key.Path is Qkv + "weight" or Qkv + "bias" && QkvOrder() is { } order) { Add(ReorderedQkv(key, entry, order)); return; }
        Add(LegacyPart.Whole(key, entry.Name, entry.Tensor));
    }

    /// <summary>LEG-4.1: a norm in front of a projection has the name it has where the two are fused.</summary>
    string Norm(string path, Dictionary<string, TorchTensor> layer, bool latent)
    {
        if (!_local) { return path; }
        if (!latent && layer.ContainsKey(Qkv + "weight") && After(path, "input_layernorm.") is { } input) { return Qkv + "layer_norm_" + input; }
        if (!IsMoe(layer) && layer.ContainsKey("mlp.linear_fc1.weight") && After(path, "pre_mlp_layernorm.") is { } second) { return Fc1Norm + second; }
        if (!latent || layer.Keys.Any(static name => name.StartsWith("self_attention.core_attention.indexer.", StringComparison.Ordinal))) { return path; }
        if (After(path, "self_attention.q_layernorm.") is { } q) { return "self_attention.linear_q_up_proj.layer_norm_" + q; }
        return After(path, "self_attention.kv_layernorm.") is { } kv ? "self_attention.linear_kv_up_proj.layer_norm_" + kv : path;
    }

    static bool IsMoe(Dictionary<string, TorchTensor> layer) => layer.ContainsKey("mlp.router.weight");

    static string? After(string path, string start) => path.StartsWith(start, StringComparison.Ordinal) ? path[start.Length..] : null;

    void Expert(LegacyKey key, LegacyEntry entry, Dictionary<string, TorchTensor> layer)
    {
        if (LegacyPaths.TryExpert(key.Path, out var canonical, out var expert))
        {
            Add(LegacyPart.Whole(key with { Path = canonical }, entry.Name, entry.Tensor, expert));
            return;
        }
        var stacked = key.Path.StartsWith("mlp.experts.linear_fc", StringComparison.Ordinal);
        if (!stacked && key.Path is not ("mlp.experts.weight1" or "mlp.experts.weight2"))
        {
            Add(LegacyPart.Whole(key, entry.Name, entry.Tensor));
            return;
        }
        foreach (var part in stacked ? Stacked(key, entry) : Grouped(key, entry, ExpertsHere(key, layer))) { Add(part); }
    }

    /// <summary>Megatron-core's single grouped weight: experts are the first axis.</summary>
    IEnumerable<LegacyPart> Stacked(LegacyKey key, LegacyEntry entry)
    {
        var tensor = entry.Tensor;
        if (tensor.Shape.Rank < 2 || tensor.Shape[0] > LegacyArgs.Most) { Throw.NotPacked(_context.Where, entry); }
        var shape = new Shape(tensor.Shape.Dims[1..].ToArray());
        var path = "mlp.experts.experts." + key.Path["mlp.experts.".Length..];
        for (var expert = 0; expert < tensor.Shape[0]; expert++)
        {
            yield return new LegacyPart(key with { Path = path }, expert, entry.Name, shape,
                [new LegacyPiece(Box.Whole(shape), tensor, expert * tensor.Strides[0], [.. tensor.Strides.Skip(1)])]);
        }
    }

    /// <summary>LEG-4.3: the bytes of weight1 are [expert, in, out], those of weight2 [expert, out, in], whatever their shape says.</summary>
    IEnumerable<LegacyPart> Grouped(LegacyKey key, LegacyEntry entry, int experts)
    {
        var tensor = entry.Tensor;
        var first = key.Path == "mlp.experts.weight1";
        if (tensor.Shape.Rank != 2 || !tensor.Shape.RowMajorStrides().AsSpan().SequenceEqual([.. tensor.Strides])) { Throw.NotPacked(_context.Where, entry); }
        var (hidden, all) = first ? (tensor.Shape[0], tensor.Shape[1]) : (tensor.Shape[1], tensor.Shape[0]);
        if (all % experts != 0) { Throw.Experts(_context.Where, entry, all, experts); }
        var width = all / experts;
        var shape = first ? new Shape(width, hidden) : new Shape(hidden, width);
        var strides = first ? new[] { 1, width } : [1, hidden];
        for (var expert = 0; expert < experts; expert++)
        {
            yield return new LegacyPart(
                key with { Path = first ? "mlp.experts.experts.linear_fc1.weight" : "mlp.experts.experts.linear_fc2.weight" }, expert, entry.Name, shape,
                [new LegacyPiece(Box.Whole(shape), tensor, expert * hidden * width, strides)]);
        }
    }

    int ExpertsHere(LegacyKey key, Dictionary<string, TorchTensor> layer)
    {
        var all = layer.TryGetValue("mlp.router.weight", out var router) && router.Shape.Rank == 2 ? router.Shape[0] : _context.Args.Experts ?? Throw.NoExperts(_context.Where, key.Name(key.Local));
        if (all is < 1 or > LegacyArgs.Most || all % _context.ExpertShares != 0) { Throw.Shares(_context.Where, all, _context.ExpertShares); }
        return (int)(all / _context.ExpertShares);
    }

    /// <summary>Latent attention, where MindSpeed, or Megatron-core's fused operator, keeps two projections in one tensor or one in two.</summary>
    bool LatentParts(LegacyKey key, LegacyEntry entry, Dictionary<string, TorchTensor> layer)
    {
        var latent = new LegacyLatent(_context, key, entry, layer);
        if (latent.Read() is not { } parts) { return false; }
        _parts.AddRange(parts);
        return true;
    }

    /// <summary>LEG-4.2: how rows of query, key and value lie where not by head: null, (3, heads, dim) or (heads, dim, 3).</summary>
    QkvRows? QkvOrder()
    {
        if (_context.Args.Version is { } version) { return version >= 2 ? null : version >= 1 ? QkvRows.InTurns : QkvRows.Apart; }
        return _old ? QkvRows.Apart : null;
    }

    LegacyPart ReorderedQkv(LegacyKey key, LegacyEntry entry, QkvRows order)
    {
        var tensor = entry.Tensor;
        var heads = (_context.Args.Heads ?? Throw.NoHeads(_context.Where, entry)) / _context.TensorSize;
        if (heads == 0 || tensor.Shape.Rank == 0 || tensor.Shape[0] % (3L * heads) != 0) { Throw.QkvRows(_context.Where, entry, heads); }
        var dim = tensor.Shape[0] / (3 * heads);
        var row = tensor.Strides[0];
        var pieces = new List<LegacyPiece>(3 * heads);
        for (var head = 0L; head < heads; head++)
        {
            for (var part = 0L; part < 3; part++)
            {
                var (offset, size) = (new long[tensor.Shape.Rank], tensor.Shape.ToArray());
                (offset[0], size[0]) = (((head * 3) + part) * dim, dim);
                long[] strides = [.. tensor.Strides];
                if (order == QkvRows.InTurns) { strides[0] = 3 * row; }
                var first = order == QkvRows.Apart ? ((part * heads) + head) * dim : (head * dim * 3) + part;
                pieces.Add(new LegacyPiece(new Box(offset, size), tensor, first * row, strides));
            }
        }
        return new LegacyPart(key, -1, entry.Name, tensor.Shape, pieces);
    }

    enum QkvRows { Apart, InTurns }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NotPacked(string where, LegacyEntry entry) => throw new MalformedCheckpointException(
            "LEG-4.3", where, $"{Quoted.Name(entry.Name)} of shape {entry.Tensor.Shape} is not what several experts lie in");

        [DoesNotReturn]
        internal static void Experts(string where, LegacyEntry entry, long all, int experts) => throw new MalformedCheckpointException(
            "LEG-4.3", where, $"{Quoted.Name(entry.Name)} of shape {entry.Tensor.Shape} does not hold {experts} experts: {all} is no multiple");

        [DoesNotReturn]
        internal static long NoExperts(string where, string name) => throw new MalformedCheckpointException(
            "LEG-4.3", where, $"how many experts {Quoted.Name(name)} holds is told neither by a router nor by args.num_experts");

        [DoesNotReturn]
        internal static void Shares(string where, long experts, int shares) => throw new MalformedCheckpointException(
            "LEG-4.3", where, $"{experts} experts cannot be shared evenly by {shares} ranks");

        [DoesNotReturn]
        internal static int NoHeads(string where, LegacyEntry entry) => throw new MalformedCheckpointException(
            "LEG-4.2", where, $"the rows of {Quoted.Name(entry.Name)} are in the order of an old version, which cannot be read without args.num_attention_heads");

        [DoesNotReturn]
        internal static void QkvRows(string where, LegacyEntry entry, int heads) => throw new MalformedCheckpointException(
            "LEG-4.2", where, $"{Quoted.Name(entry.Name)} of shape {entry.Tensor.Shape} does not hold query, key and value of {heads} heads");
    }
}
