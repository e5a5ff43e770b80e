namespace Ckpt.Data.Preprocessing;

/// <summary>How templates of MindSpeed shorten a conversation to a sequence's length n (DAT-6.4).</summary>
public enum ChatCut
{
    /// <summary>To n tokens, in proportion; as samples of n tokens are dropped, they are.</summary>
    Proportional,

    /// <summary>To n − 1 tokens, by LLaMA-Factory's rule; such samples stay (templates qwen3, qwen_lf, glm4_moe and others).</summary>
    Fair,
}
