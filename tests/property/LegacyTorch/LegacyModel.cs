using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Kit;

namespace Ckpt.PropertyTests.LegacyTorch;

/// <summary>A small model under Megatron's canonical names, with numbers of its own everywhere.</summary>
sealed class LegacyModel
{
    readonly Random _random;

    internal LegacyModel(int layers, long vocab, bool moe, bool latent, bool tied, bool gated, int mtp, int seed)
    {
        _random = new Random(seed);
        (Layers, Tied) = (layers, tied);
        Add("embedding.word_embeddings.weight", vocab, Hidden);
        for (var layer = 0; layer < layers; layer++) { AddLayer($"decoder.layers.{layer}.", moe && layer % 2 == 0, latent, gated); }
        Add("decoder.final_layernorm.weight", Hidden);
        for (var i = 0; i < mtp; i++)
        {
            foreach (var norm in new[] { "enorm", "hnorm", "final_layernorm" }) { Add($"mtp.layers.{i}.{norm}.weight", Hidden); }
            Add($"mtp.layers.{i}.eh_proj.weight", Hidden, 2 * Hidden);
            AddLayer($"mtp.layers.{i}.transformer_layer.", moe, latent, gated);
        }
        if (!tied) { Add("output_layer.weight", vocab, Hidden); }
    }

    internal const long Hidden = 8;
    internal const int Experts = 8;

    internal int Layers { get; }

    internal bool Tied { get; }

    /// <summary>Names and bytes, in the model's order.</summary>
    internal List<(string Name, DType DType, Shape Shape, byte[] Bytes)> Tensors { get; } = [];

    internal IReadOnlyList<TensorTarget> Targets => [.. Tensors.Select(static t => TensorTarget.Whole(t.Name, t.DType, t.Shape))];

    /// <summary>What a run of this model says of itself.</summary>
    internal PickleDict Common(params (string Name, PickleNode Value)[] args)
    {
        var attributes = new PickleDict().Add("num_layers", new PickleInt(Layers)).Add("num_attention_heads", new PickleInt(4)).Add("num_experts", new PickleInt(Experts))
            .Add("untie_embeddings_and_output_weights", new PickleBool(!Tied));
        foreach (var (name, value) in args) { attributes.Add(name, value); }
        var space = new PickleObject(PickleConstruction.NewObject, new PickleGlobal("argparse", "Namespace"), PickleTuple.Empty);
        space.States.Add(attributes);
        return new PickleDict().Add("args", space).Add("checkpoint_version", new PickleFloat(3)).Add("iteration", new PickleInt(7));
    }

    /// <summary>The bytes of a box of a tensor, row-major.</summary>
    internal static byte[] BoxOf(byte[] whole, DType dtype, Shape shape, Box box)
    {
        var (size, strides) = (dtype.ByteSize(), shape.RowMajorStrides());
        var bytes = new byte[box.Volume * size];
        var at = 0;
        foreach (var index in MemoryCheckpoint.Indices(box.Shape))
        {
            var place = 0L;
            for (var axis = 0; axis < index.Length; axis++) { place += (index[axis] + box.Offset[axis]) * strides[axis]; }
            whole.AsSpan((int)place * size, size).CopyTo(bytes.AsSpan(at));
            at += size;
        }
        return bytes;
    }

    void AddLayer(string prefix, bool moe, bool latent, bool gated)
    {
        if (latent)
        {
            Add(prefix + "input_layernorm.weight", Hidden);
            Add(prefix + "self_attention.linear_q_down_proj.weight", 6, Hidden);
            Add(prefix + "self_attention.linear_q_up_proj.layer_norm_weight", 6);
            Add(prefix + "self_attention.linear_q_up_proj.weight", 16, 6);
            Add(prefix + "self_attention.linear_kv_down_proj.weight", 7, Hidden);
            Add(prefix + "self_attention.linear_kv_up_proj.layer_norm_weight", 5);
            Add(prefix + "self_attention.linear_kv_up_proj.weight", 16, 5);
        }
        else
        {
            Add(prefix + "self_attention.linear_qkv.layer_norm_weight", Hidden);
            Add(prefix + "self_attention.linear_qkv.weight", 24, Hidden);
            Add(prefix + "self_attention.linear_qkv.bias", 24);
        }
        Add(prefix + "self_attention.linear_proj.weight", Hidden, 8);
        var up = gated ? 16 : 8;
        if (!moe)
        {
            Add(prefix + "mlp.linear_fc1.layer_norm_weight", Hidden);
            Add(prefix + "mlp.linear_fc1.weight", up, Hidden);
            Add(prefix + "mlp.linear_fc2.weight", Hidden, 8);
            return;
        }
        Add(prefix + "pre_mlp_layernorm.weight", Hidden);
        Add(prefix + "mlp.router.weight", Experts, Hidden);
        Add(prefix + "mlp.experts.experts.linear_fc1.weight", Experts, up, Hidden);
        Add(prefix + "mlp.experts.experts.linear_fc2.weight", Experts, Hidden, 8);
        Add(prefix + "mlp.shared_experts.linear_fc1.weight", up, Hidden);
        Add(prefix + "mlp.shared_experts.linear_fc2.weight", Hidden, 8);
    }

    void Add(string name, params long[] dims)
    {
        var shape = new Shape(dims);
        var bytes = new byte[shape.Count * 2];
        _random.NextBytes(bytes);
        Tensors.Add((name, DType.BF16, shape, bytes));
    }
}
