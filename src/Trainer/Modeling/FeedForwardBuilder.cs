using Ckpt.Inference.Descriptions;
using Ckpt.Trainer.Modeling.Layers;

namespace Ckpt.Trainer.Modeling;

/// <summary>Makes dense layers, experts and routers.</summary>
/// <param name="factory">Makes parameters.</param>
/// <param name="linear">Makes linear modules.</param>
/// <param name="outside">The cut of what all ranks have.</param>
/// <param name="hidden">The width of the residual stream.</param>
sealed class FeedForwardBuilder(ParameterFactory factory, LinearFactory linear, ParameterCut outside, long hidden)
{
    internal MlpLayer Dense(string prefix, MlpKind kind) => Mlp(prefix, kind, kind.Gate.Bias is not null, "", null);

    internal ExpertsLayer Experts(string prefix, ExpertsKind kind)
    {
        var router = kind.Router;
        var weight = factory.Weight(prefix + "router.weight", outside, router.Experts, hidden);
        var bias = router.Weight.Bias is null ? null : factory.Vector(prefix + "router.bias", outside, router.Experts);
        var balance = router.ChoiceBias is null ? null : factory.Buffer(prefix + "router.expert_bias", router.Experts);
        var adapter = linear.Adapter(prefix + "router", outside, router.Experts, hidden, 1, [], "");
        var experts = new MlpLayer[router.Experts];
        for (var expert = 0; expert < experts.Length; expert++)
        {
            var one = kind.Expert(expert);
            var hasBias = one.Gate.Bias is not null;
            experts[expert] = Mlp(prefix + "experts.", one, hasBias, Number(expert), hasBias ? prefix + "experts.linear_fc2.bias" + Number(expert) : null);
        }
        var shared = kind.Shared is { } always ? Mlp(prefix + "shared_experts.", always, false, "", null) : null;
        var gate = kind.SharedGate is null ? null : factory.Weight(prefix + "shared_experts.gate_weight", outside, 1, hidden);
        return new ExpertsLayer(new RouterLayer(router, weight, bias, balance, adapter), experts, shared, gate);
    }

    MlpLayer Mlp(string prefix, MlpKind kind, bool hasBias, string number, string? outputBias)
    {
        (string, long)[] parts = [("gate", kind.Gate.Rows), ("up", kind.Up.Rows)];
        var first = linear.Make(prefix + "linear_fc1", ParameterCut.Gated, 1, parts, hidden, hasBias, number);
        var second = linear.MakeOutput(prefix + "linear_fc2", hidden, kind.Down.Columns, number);
        // An expert's bias is added by one rank, before what ranks have is added up.
        var bias = outputBias is null ? null : factory.Vector(outputBias, ParameterCut.Whole with { IsPartial = factory.Place.TensorParallel > 1 }, hidden);
        return new MlpLayer(first, second, kind.Activation) { Bias = factory.Place.TensorRank == 0 ? bias : null };
    }

    static string Number(int expert) => expert.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
