using Ckpt.Data.Templates.Named;

namespace Ckpt.Trainer.Loop.Arguments;

/// <summary>How rows become tokens.</summary>
public sealed record EncodingArguments
{
    /// <summary>A template's name, or <c>auto</c>.</summary>
    public string Template { get; init; } = "auto";

    /// <summary>A name of MindSpeed-LLM's templates, in its place.</summary>
    public string? PromptType { get; init; }

    /// <summary>False for running text.</summary>
    public bool UseChatTemplate { get; init; } = true;

    public string? System { get; init; }

    /// <summary>What is learned, as <c>--loss_scale</c> says it.</summary>
    public string LossScale { get; init; } = "default";

    public bool? EnableThinking { get; init; }

    public bool AddNonThinkingPrefix { get; init; } = true;

    public string? ResponsePrefix { get; init; }

    /// <summary>The most tokens of a row; null for the model's.</summary>
    public int? MaxLength { get; init; }

    public TruncationStrategy Truncation { get; init; } = TruncationStrategy.Delete;

    /// <summary>Threads that encode.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Whether rows are read as they are needed.</summary>
    public bool IsStreamed { get; init; }
}
