namespace Ckpt.Data.Templates.Named;

/// <summary>On which part of a conversation there is a loss.</summary>
public enum LossStrategy
{
    /// <summary>On every answer.</summary>
    Default,

    /// <summary>On the answers behind the last question.</summary>
    LastRound,

    /// <summary>On everything.</summary>
    All,
}
