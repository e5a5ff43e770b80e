using System.Globalization;
using System.Text.Json.Nodes;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Megatron;
using Ckpt.Sharding.Layouts;

namespace Ckpt.PropertyTests.Layouts;

/// <summary>The tensors of models whose layouts are changed: real key lists, and the tiny models of Megatron-core's own tests.</summary>
static class LayoutModels
{
    static readonly Dictionary<string, Dictionary<string, Shape>> s_real = JsonNode.Parse(File.ReadAllBytes(Repository.Vector("layouts", "models.json")))!.AsObject()
        .ToDictionary(model => model.Key, model => model.Value!.AsObject().ToDictionary(key => key.Key, key => new Shape([.. key.Value!.AsArray().Select(size => size!.GetValue<long>())])));

    /// <summary>Models that Megatron-core saved.</summary>
    internal static IEnumerable<string> Real => s_real.Keys;

    /// <summary>A model by name: a real one, or <c>gpt</c>, <c>gpt-glu</c>, <c>moe</c>, <c>moe-glu</c>, <c>mamba</c>, <c>mtp</c>.</summary>
    internal static (List<ModelTensor> Tensors, int Layers, int Mtp) Of(string name, long vocabulary = 128)
    {
        var shapes = s_real.TryGetValue(name, out var real) ? real : Made(name, vocabulary);
        var cuts = new MegatronCuts(MegatronCutOptions.FromKeys(shapes.Keys) with { Gated = name is not ("gpt" or "moe") });
        List<ModelTensor> tensors = [.. shapes.Select(tensor => cuts.Find(tensor.Key).Of(tensor.Value))];
        var layers = tensors.Max(tensor => tensor.Place switch
        {
            { Kind: PlaceKind.Layer } place => place.Index + 1,
            { Kind: PlaceKind.LayerStack } => (int)tensor.Shape[0],
            _ => 0,
        });
        return (tensors, layers, tensors.Where(tensor => tensor.Place.Kind == PlaceKind.Mtp).Select(tensor => tensor.Place.Index + 1).DefaultIfEmpty(0).Max());
    }

    /// <summary>Whether heads, experts and widths allow the sizes: all of the tensors can be cut.</summary>
    internal static bool Fits(ParallelLayout layout, IReadOnlyList<ModelTensor> tensors)
    {
        try
        {
            foreach (var tensor in tensors) { layout.Check(tensor); }
            return true;
        }
        catch (Formats.LayoutException refused) when (refused.Clause is "LAY-4.1" or "LAY-4.3")
        {
            return false;
        }
    }

    /// <summary>Every element its own number, as far as there are numbers.</summary>
    internal static MemoryCheckpoint Numbered(IReadOnlyList<ModelTensor> tensors, DType dtype, int seed)
    {
        var checkpoint = new MemoryCheckpoint();
        for (var t = 0; t < tensors.Count; t++)
        {
            var bytes = new byte[dtype.ByteLength(tensors[t].Shape.Count)];
            new Random(seed + t).NextBytes(bytes);
            checkpoint.Add(tensors[t].Name, dtype, tensors[t].Shape, bytes);
        }
        return checkpoint;
    }

    /// <summary>8 layers, hidden 16, 8 heads, 8 experts, as in Megatron-core's tests.</summary>
    static Dictionary<string, Shape> Made(string name, long vocabulary)
    {
        const long Layers = 8, Hidden = 16, Experts = 8;
        var ffn = name.StartsWith("moe", StringComparison.Ordinal) ? 16L : 64L;
        var gates = name.EndsWith("-glu", StringComparison.Ordinal) || name is "mtp" ? 2 : 1;
        var shapes = new Dictionary<string, Shape>
        {
            ["embedding.word_embeddings.weight"] = new(vocabulary, Hidden),
            ["decoder.final_layernorm.weight"] = new(Hidden),
            ["output_layer.weight"] = new(vocabulary, Hidden),
        };
        if (name == "mamba")
        {
            for (var layer = 0; layer < Layers; layer++) { AddMixer(shapes, string.Create(CultureInfo.InvariantCulture, $"decoder.layers.{layer}."), Hidden); }
            return shapes;
        }
        AddAttention(shapes, "decoder.layers.", [Layers], Hidden);
        if (name.StartsWith("moe", StringComparison.Ordinal))
        {
            shapes.Add("decoder.layers.mlp.router.weight", new(Layers, Experts, Hidden));
            shapes.Add("decoder.layers.mlp.experts.experts.linear_fc1.weight", new(Layers, Experts, gates * ffn, Hidden));
            shapes.Add("decoder.layers.mlp.experts.experts.linear_fc1.bias", new(Layers, Experts, gates * ffn));
            shapes.Add("decoder.layers.mlp.experts.experts.linear_fc2.weight", new(Layers, Experts, Hidden, ffn));
            shapes.Add("decoder.layers.mlp.experts.experts.linear_fc2.bias", new(Layers, Experts, Hidden));
            return shapes;
        }
        AddMlp(shapes, "decoder.layers.", [Layers], gates * ffn, ffn, Hidden);
        for (var i = 0; name == "mtp" && i < 2; i++)
        {
            var prefix = string.Create(CultureInfo.InvariantCulture, $"mtp.layers.{i}.");
            shapes.Add(prefix + "enorm.weight", new(Hidden));
            shapes.Add(prefix + "hnorm.weight", new(Hidden));
            shapes.Add(prefix + "eh_proj.weight", new(Hidden, 2 * Hidden));
            shapes.Add(prefix + "final_layernorm.weight", new(Hidden));
            AddAttention(shapes, prefix + "transformer_layer.", [], Hidden);
            AddMlp(shapes, prefix + "transformer_layer.", [], gates * ffn, ffn, Hidden);
        }
        return shapes;
    }

    static void AddAttention(Dictionary<string, Shape> shapes, string prefix, long[] stack, long hidden)
    {
        shapes.Add(prefix + "self_attention.linear_qkv.weight", new([.. stack, 3 * hidden, hidden]));
        shapes.Add(prefix + "self_attention.linear_qkv.bias", new([.. stack, 3 * hidden]));
        shapes.Add(prefix + "self_attention.linear_qkv.layer_norm_weight", new([.. stack, hidden]));
        shapes.Add(prefix + "self_attention.linear_proj.weight", new([.. stack, hidden, hidden]));
        shapes.Add(prefix + "self_attention.linear_proj.bias", new([.. stack, hidden]));
    }

    static void AddMlp(Dictionary<string, Shape> shapes, string prefix, long[] stack, long rows, long columns, long hidden)
    {
        shapes.Add(prefix + "mlp.linear_fc1.weight", new([.. stack, rows, hidden]));
        shapes.Add(prefix + "mlp.linear_fc1.bias", new([.. stack, rows]));
        shapes.Add(prefix + "mlp.linear_fc2.weight", new([.. stack, hidden, columns]));
        shapes.Add(prefix + "mlp.linear_fc2.bias", new([.. stack, hidden]));
    }

    static void AddMixer(Dictionary<string, Shape> shapes, string prefix, long hidden)
    {
        var inner = 2 * hidden;
        foreach (var (part, rows) in new[] { ("z", inner), ("x", inner), ("B", 16L), ("C", 16L), ("dt", 8L) }) { shapes.Add($"{prefix}mixer.in_proj.weight.{part}", new(rows, hidden)); }
        foreach (var (part, rows) in new[] { ("x", inner), ("B", 16L), ("C", 16L) })
        {
            shapes.Add($"{prefix}mixer.conv1d.weight.{part}", new(rows, 1, 4));
            shapes.Add($"{prefix}mixer.conv1d.bias.{part}", new(rows));
        }
        foreach (var part in new[] { "A_log", "D", "dt_bias" }) { shapes.Add($"{prefix}mixer.{part}", new(8)); }
        shapes.Add(prefix + "mixer.norm.weight", new(inner));
        shapes.Add(prefix + "mixer.out_proj.weight", new(hidden, inner));
        shapes.Add(prefix + "mixer.in_proj.layer_norm_weight", new(hidden));
    }
}
