namespace Ckpt.Trainer.Datasets;

/// <summary>How samples are put into packs (ms-swift's <c>packing_strategy</c>).</summary>
public enum PackingStrategy
{
    /// <summary>Where they fit best, long ones first.</summary>
    BinPack,

    /// <summary>In their order.</summary>
    Sequential,
}
