namespace Ckpt.Models.Configs;

/// <summary>How a family's config says which layers have experts.</summary>
public enum MoeLayerRule
{
    /// <summary><c>decoder_sparse_step</c> and <c>mlp_only_layers</c>, both of which may be absent.</summary>
    StepAndList,

    /// <summary>All.</summary>
    All,

    /// <summary>From <c>first_k_dense_replace</c> on each whose number is a multiple of <c>moe_layer_freq</c>, which may also be a list of ones and zeros.</summary>
    FirstDense,

    /// <summary>From <c>moe_layer_start_index</c> to <c>moe_layer_end_index</c> each whose number from 1 is a multiple of <c>moe_layer_interval</c>.</summary>
    Interval,

    /// <summary>Those in <c>moe_layers</c>, else every <c>interleave_moe_layer_step</c>th.</summary>
    Interleaved,
}
