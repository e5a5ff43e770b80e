namespace Ckpt.Data.Preprocessing;

/// <summary>Whether samples share sequences (DAT-6.3).</summary>
public enum PackMode
{
    /// <summary>Each sample is a sequence.</summary>
    None,

    /// <summary>Samples share sequences and see each other (<c>--pack</c>).</summary>
    Plain,

    /// <summary>The attention mask counts the samples of a sequence (<c>--neat-pack</c>).</summary>
    Neat,
}
