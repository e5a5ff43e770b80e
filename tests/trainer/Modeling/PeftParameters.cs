using System.Globalization;
using System.Text.RegularExpressions;
using Ckpt.Formats.Tensors;
using Ckpt.Inference.Weights;
using Ckpt.Torch;
using Ckpt.Trainer.Adapting;
using Ckpt.Trainer.Modeling;
using static Ckpt.Torch.torch;

namespace Ckpt.TrainerTests.Modeling;

/// <summary>The factors of an adapter that PEFT made, whose A's differ within fused modules; B factors that are not there are zero.</summary>
sealed partial class PeftParameters(CheckpointWeights weights, IParameterSource inner, int rank) : IParameterSource
{
    const string Prefix = "base_model.model.model.layers.";

    static readonly Dictionary<string, string> s_modules = new(StringComparer.Ordinal)
    {
        ["self_attention.linear_qkv.q"] = "self_attn.q_proj",
        ["self_attention.linear_qkv.k"] = "self_attn.k_proj",
        ["self_attention.linear_qkv.v"] = "self_attn.v_proj",
        ["self_attention.linear_proj."] = "self_attn.o_proj",
        ["mlp.linear_fc1.gate"] = "mlp.gate_proj",
        ["mlp.linear_fc1.up"] = "mlp.up_proj",
        ["mlp.linear_fc2."] = "mlp.down_proj",
        ["mlp.router."] = "mlp.gate",
        ["mlp.experts.linear_fc1."] = "mlp.experts.base_layer",
        ["mlp.experts.linear_fc2."] = "mlp.experts",
    };

    /// <summary>The PEFT key of a factor.</summary>
    internal static (string Key, int? Expert) Key(string name)
    {
        var match = Factor().Match(name);
        var key = $"{Prefix}{match.Groups["layer"].Value}.{s_modules[$"{match.Groups["module"].Value}.{match.Groups["part"].Value}"]}.lora_{match.Groups["letter"].Value}.weight";
        return (key, match.Groups["expert"].Length == 0 ? null : int.Parse(match.Groups["expert"].ValueSpan, CultureInfo.InvariantCulture));
    }

    public Tensor? Read(string name, ReadOnlySpan<long> localShape, ScalarType type)
    {
        if (!Factor().IsMatch(name)) { return inner.Read(name, localShape, type); }
        var (key, expert) = Key(name);
        if (weights.ShapeOf(key) is not { } shape) { return key.Contains(".lora_B.", StringComparison.Ordinal) ? zeros(localShape.ToArray(), type) : null; }
        var values = new float[shape.Count];
        weights.Read(key, Box.Whole(shape), values);
        var whole = tensor(values, shape.Dims.ToArray());
        if (expert is { } index) { whole = OfExpert(whole, index, localShape, key.Contains(".lora_A.", StringComparison.Ordinal)); }
        return HfParameters.Local(name, whole, localShape.ToArray(), rank).contiguous().to(type);
    }

    // PEFT: A's rows by expert, B's columns by rank and then expert.
    internal static Tensor OfExpert(Tensor whole, int expert, ReadOnlySpan<long> local, bool isA)
    {
        if (isA) { return whole.narrow(0, expert * local[0], local[0]); }
        return whole.view(whole.size(0), local[1], -1).select(2, expert);
    }

    /// <summary>What such an adapter consists of.</summary>
    internal static IReadOnlyDictionary<string, LoraShape> Modules(string model, bool isAttentionOnly, int layers)
    {
        var modules = new Dictionary<string, LoraShape>(StringComparer.Ordinal);
        for (var i = 0; i < layers; i++)
        {
            var layer = $"decoder.layers.{i}.";
            modules.Add(layer + "self_attention.linear_qkv", new LoraShape(8, 32, ["q", "k", "v"]));
            modules.Add(layer + "self_attention.linear_proj", new LoraShape(8, 32));
            if (isAttentionOnly) { continue; }
            if (model != "qwen3_moe")
            {
                modules.Add(layer + "mlp.linear_fc1", new LoraShape(8, 32, ["gate", "up"]));
                modules.Add(layer + "mlp.linear_fc2", new LoraShape(8, 32));
                continue;
            }
            // PEFT doubles rank and alpha of the experts' first projection, which is two in one.
            modules.Add(layer + "mlp.router", new LoraShape(8, 32));
            modules.Add(layer + "mlp.experts.linear_fc1", new LoraShape(16, 64));
            modules.Add(layer + "mlp.experts.linear_fc2", new LoraShape(8, 32));
        }
        return modules;
    }

    [GeneratedRegex(@"^decoder\.layers\.(?<layer>[0-9]+)\.(?<module>.+)\.lora_(?<letter>[AB])\.default\.(?:(?<part>q|k|v|gate|up)\.)?weight(?<expert>[0-9]*)$", RegexOptions.CultureInvariant)]
    private static partial Regex Factor();
}
