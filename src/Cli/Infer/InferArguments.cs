namespace Ckpt.Cli.Infer;

/// <summary>What a line of <c>infer</c> asks for, once understood; null is what the flags leave to the model's files.</summary>
sealed record InferArguments
{
    /// <summary>Which model.</summary>
    internal required ModelOrigin Origin { get; init; }

    /// <summary>Most bytes of memory.</summary>
    internal required long MaxMemory { get; init; }

    /// <summary>Threads.</summary>
    internal required int Threads { get; init; }

    /// <summary>One question; null where a data set or the user asks.</summary>
    internal string? Prompt { get; init; }

    /// <summary>The data sets that ask.</summary>
    internal QuestionSource Questions { get; init; } = new([], [], null, null, DefaultSeed);

    /// <summary>Where answers are written.</summary>
    internal string? ResultPath { get; init; }

    /// <summary>The system text.</summary>
    internal string? System { get; init; }

    /// <summary>A template by name.</summary>
    internal string? Template { get; init; }

    /// <summary>Whether there is any template.</summary>
    internal bool? UseChatTemplate { get; init; }

    /// <summary>Whether the model shall think.</summary>
    internal bool? EnableThinking { get; init; }

    /// <summary>What answers begin with.</summary>
    internal string? ResponsePrefix { get; init; }

    /// <summary>Whether answers are printed as they come.</summary>
    internal bool Stream { get; init; }

    internal int? MaxNewTokens { get; init; }

    internal double? Temperature { get; init; }

    internal int? TopK { get; init; }

    internal double? TopP { get; init; }

    internal double? RepetitionPenalty { get; init; }

    internal int Seed { get; init; } = DefaultSeed;

    /// <summary>Texts that end an answer.</summary>
    internal IReadOnlyList<string> StopWords { get; init; } = [];

    /// <summary>Rows of a data set computed together.</summary>
    internal int MaxBatch { get; init; } = DefaultBatch;

    /// <summary>What of the flags is decided otherwise than a user may expect.</summary>
    internal IReadOnlyList<string> Notes { get; init; } = [];

    internal const int DefaultSeed = 42;
    internal const int DefaultBatch = 8;
    internal const int DefaultNewTokens = 2048;
}
