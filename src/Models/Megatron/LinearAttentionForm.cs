namespace Ckpt.Models.Megatron;

/// <summary>How the input projection of a gated delta net is shared by tensor ranks; its name is the same in all three.</summary>
public enum LinearAttentionForm
{
    /// <summary>Blocks of key heads one behind the other, of which each rank has its share: mcore-bridge.</summary>
    ByHead,

    /// <summary>Query, key, value, gate and so on each shared apart: Megatron-core, in memory and in legacy files.</summary>
    BySection,

    /// <summary>All of it on every rank: the Hugging Face module embedded as it is (Qwen3-Next in mcore-bridge).</summary>
    Whole,
}
