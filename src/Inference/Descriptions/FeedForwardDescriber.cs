using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Inference.Kernels;
using Ckpt.Inference.Weights;
using Ckpt.Models.Configs;

namespace Ckpt.Inference.Descriptions;

/// <summary>Describes dense layers and experts, by the names that are there: gate and up on their own or fused, experts each on its own or in one tensor.</summary>
sealed class FeedForwardDescriber(HfConfig config, ForwardTraits traits, IWeightSource weights, Activation activation)
{
    readonly ModelConfig _model = config.Model;
    readonly JsonObject _json = config.Json;

    internal MlpKind Dense(string prefix, long width)
    {
        var (rows, hidden) = (checked((int)width), (int)_model.Hidden);
        var isFused = weights.Has(prefix + "gate_up_proj.weight");
        WeightMatrix Input(string name, int first) => new(isFused ? prefix + "gate_up_proj.weight" : $"{prefix}{name}.weight", rows, hidden)
        {
            FirstRow = isFused ? first : 0,
            Bias = Bias(isFused ? "gate_up_proj" : name),
        };
        return new MlpKind(Input("gate_proj", 0), Input("up_proj", rows), new WeightMatrix(prefix + "down_proj.weight", hidden, rows) { Bias = Bias("down_proj") }, activation);

        string? Bias(string name) => _model.MlpBias ? $"{prefix}{name}.bias" : null;
    }

    internal ExpertsKind Experts(string layer)
    {
        var mlp = layer + traits.Mlp;
        var block = layer + "block_sparse_moe.";
        var shared = _model.SharedFfn == 0 ? null : Dense(weights.Has(mlp + "shared_expert.down_proj.weight") ? mlp + "shared_expert." : mlp + "shared_experts.", _model.SharedFfn);
        var gate = mlp + "shared_expert_gate.weight";
        var hasGate = config.Family.Config.Moe?.SharedGate == true && shared is not null;
        return new ExpertsKind(Router(mlp, block), index => Expert(mlp, block, index), shared, hasGate ? gate : null, traits.IsLlama4);
    }

    MlpKind Expert(string mlp, string block, int index)
    {
        var (rows, hidden) = (checked((int)_model.MoeFfn), (int)_model.Hidden);
        if (traits.IsGptOss) { return Interleaved(mlp + "experts.", index, rows, hidden); }
        if (weights.Has(mlp + "experts.gate_up_proj")) { return Fused(mlp + "experts.gate_up_proj", mlp + "experts.down_proj"); }
        if (weights.Has(block + "input_linear.weight")) { return Fused(block + "input_linear.weight", block + "output_linear.weight"); }
        var isBlock = weights.Has($"{block}experts.{index}.w1.weight");
        var prefix = isBlock ? $"{block}experts.{index}." : $"{mlp}experts.{index}.";
        var (first, second, third) = isBlock ? ("w1", "w3", "w2") : ("gate_proj", "up_proj", "down_proj");
        return new MlpKind(new WeightMatrix($"{prefix}{first}.weight", rows, hidden), new WeightMatrix($"{prefix}{second}.weight", rows, hidden), new WeightMatrix($"{prefix}{third}.weight", hidden, rows), activation);

        MlpKind Fused(string input, string output)
        {
            var gate = new WeightMatrix(input, rows, hidden) { Expert = index, IsTransposed = traits.IsLlama4 };
            return new MlpKind(gate, gate with { FirstRow = rows }, new WeightMatrix(output, hidden, rows) { Expert = index, IsTransposed = traits.IsLlama4 }, activation);
        }
    }

    // gpt-oss: inputs before outputs, gate and up row by row in turn, biases.
    static MlpKind Interleaved(string prefix, int index, int rows, int hidden)
    {
        var gate = new WeightMatrix(prefix + "gate_up_proj", rows, hidden) { Expert = index, RowStep = 2, IsTransposed = true, Bias = prefix + "gate_up_proj_bias" };
        var down = new WeightMatrix(prefix + "down_proj", hidden, rows) { Expert = index, IsTransposed = true, Bias = prefix + "down_proj_bias" };
        return new MlpKind(gate, gate with { FirstRow = 1 }, down, Activation.ClampedSwiGlu);
    }

    RouterKind Router(string mlp, string block)
    {
        var name = weights.FirstOf(mlp + "gate.weight", block + "gate.weight", mlp + "router.weight", block + "router.layer.weight");
        var isBalanced = config.Family.Config.Moe?.ExpertBias == true;
        var areGrouped = _model.ModelType != "deepseek_v2" || _json.Text("topk_method") == "group_limited_greedy";
        return new RouterKind
        {
            Weight = new WeightMatrix(name, _model.Experts, (int)_model.Hidden) { Bias = traits.IsGptOss ? mlp + "router.bias" : null },
            ChoiceBias = !isBalanced ? null : weights.FirstOf(
                mlp + "gate.e_score_correction_bias", mlp + "moe_statics.e_score_correction_bias", mlp + "gate.moe_statics.e_score_correction_bias",
                block + "e_score_correction_bias", mlp + "e_score_correction_bias"),
            Experts = _model.Experts,
            TopK = _model.TopK,
            IsSigmoid = _model.ScoreFunction == "sigmoid",
            IsSoftMaxOfChosen = traits.IsSoftMaxOfChosen,
            MixerReach = traits.IsSparseMixer ? (float)(2 * (_json.Number("router_jitter_noise") ?? 0.01)) : null,
            Groups = areGrouped ? Groups(_model.RouterGroups ?? traits.Router.Groups) : 1,
            ChosenGroups = areGrouped ? (int)(_model.RouterGroupTopK ?? traits.Router.Chosen) : 1,
            AreGroupsPaired = isBalanced,
            // transformers 5.12 does not normalise in deepseek_v2, whatever the config says.
            IsNormalised = _model.NormTopkProb && !traits.IsSoftMaxOfChosen && !traits.IsLlama4 && _model.ModelType != "deepseek_v2",
            LeastSum = (float?)_json.Number("moe_norm_min") ?? traits.LeastSum,
            Scale = (float)(_model.RoutedScaling ?? traits.Router.Scale),
        };
    }

    int Groups(long groups) => groups >= 1 && _model.Experts % groups == 0 ? (int)groups : Throw.Groups(config.Where, groups, _model.Experts);

    static class Throw
    {
        [DoesNotReturn]
        internal static int Groups(string where, long groups, int experts) => throw new MalformedCheckpointException(
            "INF-2.4", where, $"the router chooses among {groups} groups of {experts} experts; each group must have as many");
    }
}
