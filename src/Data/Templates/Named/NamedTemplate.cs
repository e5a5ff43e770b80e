namespace Ckpt.Data.Templates.Named;

/// <summary>
/// A template as data, in ms-swift's terms: what stands before, around and behind the turns (TPL-6.1). <c>{{SYSTEM}}</c>, <c>{{QUERY}}</c>,
/// <c>{{ROUND0}}</c> and <c>{{ROUND1}}</c> are places.
/// </summary>
/// <param name="Name">As <c>--template</c> has it.</param>
/// <param name="Prefix">Before all turns where there is no system text.</param>
/// <param name="Prompt">Around a query, up to the answer.</param>
/// <param name="ChatSep">Between an answer and the next query; null where only one turn is taken.</param>
/// <param name="Suffix">Behind the last answer.</param>
public sealed record NamedTemplate(string Name, IReadOnlyList<TemplatePiece> Prefix, IReadOnlyList<TemplatePiece> Prompt, IReadOnlyList<TemplatePiece>? ChatSep, IReadOnlyList<TemplatePiece> Suffix)
{
    /// <summary>Before all turns where there is a system text; null where the template has no place for one.</summary>
    public IReadOnlyList<TemplatePiece>? SystemPrefix { get; init; }

    /// <summary>The system text where a sample has none.</summary>
    public string? DefaultSystem { get; init; }

    /// <summary>Whether the model's makers have a default system text that we may not ship: one must be given.</summary>
    public bool NeedsSystem { get; init; }

    /// <summary>Whether the tokenizer's own first and last tokens go around the whole.</summary>
    public bool AddsTokenizerEnds { get; init; }

    /// <summary>Texts that end an answer, beside the suffix and the tokenizer's last token.</summary>
    public IReadOnlyList<string> StopWords { get; init; } = [];

    /// <summary>How tools are written; null where the template has no way to.</summary>
    public ToolStyle? Tools { get; init; }

    /// <summary>Whether thoughts of earlier rounds are taken out.</summary>
    public bool IsThinking { get; init; }

    /// <summary>What opens an answer that thinks.</summary>
    public string ThinkingPrefix { get; init; } = "";

    /// <summary>What an answer without a thought begins with.</summary>
    public string NonThinkingPrefix { get; init; } = "";

    /// <summary>What stands where a thought was taken out.</summary>
    public string HistoryThinkingPrefix { get; init; } = "";

    /// <summary>Whether the last prompt has a place for the system text, and the prefix none.</summary>
    public bool SystemInLastPrompt { get; init; }

    /// <summary>Whether a line end behind the opening of an answer goes where the answer is yet to come or is a call of a tool.</summary>
    public bool StripsOpenNewline { get; init; }

    /// <summary>The template without its turns, for pre-training: the text, and the tokenizer's ends around it.</summary>
    public NamedTemplate ForPlainText() => new(Name, [], ["{{QUERY}}"], null, [TemplatePiece.Eos]) { AddsTokenizerEnds = true, StopWords = StopWords };

    /// <summary>What opens an answer that shall think, or not; null leaves it to the template.</summary>
    public string OpeningOfAnswer(bool? enableThinking) => enableThinking ?? (IsThinking && NonThinkingPrefix.Length == 0) ? ThinkingPrefix : NonThinkingPrefix;

    internal bool HasSystem => SystemPrefix is not null || SystemInLastPrompt;
}
