namespace Ckpt.Data.Templates.Named;

/// <summary>A template as data, in the terms of MindSpeed-LLM's <c>templates.json</c> (TPL-9.1). <c>{{content}}</c> and <c>{{idx}}</c> are places.</summary>
/// <param name="Name">As <c>--prompt-type</c> has it.</param>
/// <param name="User">Around a question, up to the answer.</param>
/// <param name="Assistant">Around an answer.</param>
public sealed record MindSpeedTemplate(string Name, IReadOnlyList<TemplatePiece> User, IReadOnlyList<TemplatePiece> Assistant)
{
    /// <summary>Before everything.</summary>
    public IReadOnlyList<TemplatePiece> Prefix { get; init; } = [];

    /// <summary>Around the system text.</summary>
    public IReadOnlyList<TemplatePiece> System { get; init; } = ["{{content}}"];

    /// <summary>Around a tool's result; null for the same as a question.</summary>
    public IReadOnlyList<TemplatePiece>? Observation { get; init; }

    /// <summary>Before every question but the first.</summary>
    public IReadOnlyList<TemplatePiece> Separator { get; init; } = [];

    /// <summary>The system text where a sample has none.</summary>
    public string DefaultSystem { get; init; } = "";

    /// <summary>Whether the template has a default system text that is not known here: one must be given.</summary>
    public bool NeedsSystem { get; init; }

    /// <summary>Whether answers end with no token of their own, and the next turn's first label is the end.</summary>
    public bool EfficientEos { get; init; }

    /// <summary>How the engine goes through it.</summary>
    public MindSpeedKind Kind { get; init; }

    /// <summary>What begins a thought.</summary>
    public string ThoughtBegin { get; init; } = "<think>\n";

    /// <summary>What ends a thought.</summary>
    public string ThoughtEnd { get; init; } = "\n</think>\n\n";
}
