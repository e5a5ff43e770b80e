namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>How a checkpoint stores optimizer state. Source: Megatron-LM core/optimizer/distrib_optimizer.py <c>sharding_type</c>.</summary>
public enum OptimizerForm
{
    /// <summary>It stores none.</summary>
    None,

    /// <summary>As the model's tensors, by an optimizer that is not distributed.</summary>
    NonDistributed,

    /// <summary><c>fully_reshardable</c>: as the model's tensors.</summary>
    FullyReshardable,

    /// <summary><c>fully_sharded_model_space</c>: as the model's tensors, flattened.</summary>
    FullyShardedModelSpace,

    /// <summary><c>dp_reshardable</c>: grad buffers, without the padding of buckets.</summary>
    DpReshardable,

    /// <summary><c>fully_sharded_bucket_space</c>: grad buffers with their padding.</summary>
    FullyShardedBucketSpace,

    /// <summary><c>dp_zero_gather_scatter</c>: grad buffers in one object of each model-parallel group.</summary>
    DpZeroGatherScatter,

    /// <summary>Grad buffers in the <c>distrib_optim.pt</c> files of a legacy checkpoint.</summary>
    DistribOptimFiles,
}
