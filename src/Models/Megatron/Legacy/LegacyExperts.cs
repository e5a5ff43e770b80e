namespace Ckpt.Models.Megatron.Legacy;

/// <summary>Which of Megatron's implementations of experts a legacy checkpoint is written for; each names and lays them out its own way.</summary>
public enum LegacyExperts
{
    /// <summary>Transformer Engine's grouped GEMM: <c>mlp.experts.linear_fc1.weight0</c>, …</summary>
    TransformerEngineGrouped,

    /// <summary>One module an expert: <c>mlp.experts.local_experts.0.linear_fc1.weight</c>, …</summary>
    Sequential,

    /// <summary>All in two tensors: <c>mlp.experts.weight1</c>, <c>weight2</c> (<c>--moe-grouped-gemm</c> of MindSpeed and of Megatron-core up to 0.16).</summary>
    Grouped,
}
