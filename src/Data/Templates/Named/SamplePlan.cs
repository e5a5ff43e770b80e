using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Ckpt.Data.Templates.Named;

/// <summary>What a sample becomes with a template: segments, each with its weight (TPL-6.1, TPL-7.1).</summary>
public sealed class SamplePlan
{
    enum Kind { Other, Answer, Suffix }

    readonly NamedTemplate _template;
    readonly EncodeSettings _settings;
    readonly TemplateTokenizer _tokenizer;
    readonly string _where;
    readonly List<(TemplatePiece Piece, Kind Kind, bool? Loss)> _pieces = [];

    SamplePlan(NamedTemplate template, EncodeSettings settings, TemplateTokenizer tokenizer, string where) =>
        (_template, _settings, _tokenizer, _where) = (settings.UseChatTemplate ? template : template.ForPlainText(), settings, tokenizer, where);

    /// <summary>The segments of a sample, in order; neighbours of one weight are one segment.</summary>
    public static IReadOnlyList<TemplateSegment> Of(ChatSample sample, NamedTemplate template, EncodeSettings settings, TemplateTokenizer tokenizer, string where) =>
        new SamplePlan(template, settings, tokenizer, where).Segments(sample);

    List<TemplateSegment> Segments(ChatSample sample)
    {
        var messages = SampleMessages.Merged(SampleMessages.WithCalls(sample.Messages, _template.Tools, _where));
        if (_settings.UseChatTemplate) { Think(messages); }
        var system = System(sample, messages);
        var rounds = Rounds(messages);
        Begin(system);
        var isOpen = false;
        for (var i = 0; i < rounds.Count; i++) { isOpen = Round(rounds, i, system); }
        if (_template.AddsTokenizerEnds && _tokenizer.End.Count > 0) { _pieces.Add((new TemplatePiece(PieceRole.TokenizerEnd, ""), Kind.Suffix, null)); }
        if (_template.StripsOpenNewline) { StripOpenNewlines(isOpen); }
        return Weighted(SampleMessages.LastQuestion(Flat(rounds)));
    }

    void Think(List<ChatMessage> messages)
    {
        var onlyLast = !_settings.IsTraining || _settings.LossScale.Strategy == LossStrategy.LastRound;
        if (_settings.AddNonThinkingPrefix) { SampleMessages.AddEmptyThoughts(messages, _template.NonThinkingPrefix, onlyLast); }
        if (onlyLast && (_template.IsThinking || _settings.EnableThinking is true)) { SampleMessages.RemoveOldThoughts(messages, _template.HistoryThinkingPrefix); }
    }

    string? System(ChatSample sample, List<ChatMessage> messages)
    {
        var system = sample.System ?? _settings.DefaultSystem;
        if (system is not null && !_template.HasSystem) { throw Throw.NoPlaceForSystem(_where, _template.Name); }
        if (system is null && _template.NeedsSystem) { throw Throw.NeedsSystem(_where, _template.Name); }
        system ??= _template.DefaultSystem;
        if (sample.Tools.Count > 0)
        {
            (system, var question) = ToolTexts.Signatures(_template.Tools, sample.Tools, system, messages[0].Content ?? "", _where);
            messages[0] = messages[0] with { Content = question };
        }
        return system;
    }

    /// <summary>Questions, or results in their place, each with its answer.</summary>
    List<(List<ChatMessage> Asked, ChatMessage Answer)> Rounds(List<ChatMessage> messages)
    {
        var rounds = new List<(List<ChatMessage> Asked, ChatMessage Answer)>();
        if (messages[0].Role == "assistant") { messages.Insert(0, new ChatMessage("user", "")); } // plain text
        for (var i = 0; i < messages.Count;)
        {
            var asked = new List<ChatMessage> { messages[i] };
            if (messages[i].Role is not ("user" or "tool") || (i == 0 && messages[i].Role == "tool")) { throw Throw.OutOfTurn(_where, i, messages[i].Role); }
            for (i++; i < messages.Count && asked[0].Role == "tool" && messages[i].Role == "tool"; i++) { asked.Add(messages[i]); }
            if (i < messages.Count && messages[i].Role != "assistant") { throw Throw.OutOfTurn(_where, i, messages[i].Role); }
            var answer = i < messages.Count ? messages[i++] : new ChatMessage("assistant", null);
            if (answer.Content is null && i < messages.Count) { throw Throw.NoAnswer(_where, i - 1); }
            rounds.Add((asked, answer));
        }
        return _template.ChatSep is null && rounds.Count > 1 ? rounds[^1..] : rounds;
    }

    static List<ChatMessage> Flat(List<(List<ChatMessage> Asked, ChatMessage Answer)> rounds) => [.. rounds.SelectMany(r => (ChatMessage[])[r.Asked[0], r.Answer])];

    void Begin(string? system)
    {
        if (_template.AddsTokenizerEnds && _tokenizer.Start.Count > 0) { Add(new TemplatePiece(PieceRole.TokenizerStart, "")); }
        var prefix = string.IsNullOrEmpty(system) || _template.SystemInLastPrompt ? _template.Prefix : _template.SystemPrefix!;
        foreach (var piece in prefix) { Add(Filled(piece, system, null, 0)); }
    }

    /// <summary>Writes a round; whether its answer is yet to come.</summary>
    bool Round(List<(List<ChatMessage> Asked, ChatMessage Answer)> rounds, int index, string? system)
    {
        var (asked, answer) = rounds[index];
        var isLast = index == rounds.Count - 1;
        if (asked[0].Role == "tool")
        {
            foreach (var piece in ToolTexts.Results(_template, [.. asked.Select(a => a.Content ?? "")], _where)) { Add(piece); }
        }
        else
        {
            foreach (var piece in _template.Prompt)
            {
                if (_template.SystemInLastPrompt && piece.Text.Contains("{{SYSTEM}}", StringComparison.Ordinal) && (!isLast || string.IsNullOrEmpty(system))) { continue; }
                Add(Filled(piece, system, asked[0].Content ?? "", index));
            }
        }
        if (answer.Content is null)
        {
            Add(OpeningOfAnswer());
            return true;
        }
        _pieces.Add((answer.Content, Kind.Answer, answer.Loss));
        if (!isLast)
        {
            if (rounds[index + 1].Asked[0].Role != "tool") { foreach (var piece in _template.ChatSep!) { Add(piece); } }
        }
        else if (_settings.IsTraining && !EndsByItself(answer.Content)) { foreach (var piece in _template.Suffix) { _pieces.Add((piece, Kind.Suffix, null)); } }
        return false;
    }

    string OpeningOfAnswer()
    {
        if (_settings.ResponsePrefix is { } own) { return own; }
        return _settings.UseChatTemplate ? _template.OpeningOfAnswer(_settings.EnableThinking) : "";
    }

    bool EndsByItself(string answer)
    {
        if (_template.AddsTokenizerEnds && _tokenizer.End.Count > 0) { return true; }
        var suffix = _template.Suffix.Count > 0 ? _template.Suffix[^1].Text.Trim() : "";
        return Ends(answer, suffix) || Ends(answer, _tokenizer.EosText) || _template.StopWords.Any(word => Ends(answer, word));
    }

    static bool Ends(string answer, string? word) => !string.IsNullOrEmpty(word) && answer.EndsWith(word, StringComparison.Ordinal);

    void Add(TemplatePiece piece)
    {
        if (piece.Role != PieceRole.Text || piece.Text.Length > 0) { _pieces.Add((piece, Kind.Other, null)); }
    }

    /// <summary>A piece with its places filled, in one pass: what a user writes is never taken for a place.</summary>
    static TemplatePiece Filled(TemplatePiece piece, string? system, string? query, int round)
    {
        if (piece.Role != PieceRole.Text) { return piece; }
        var text = new global::System.Text.StringBuilder();
        for (var at = 0; at < piece.Text.Length;)
        {
            var open = piece.Text.IndexOf("{{", at, StringComparison.Ordinal);
            var close = open < 0 ? -1 : piece.Text.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0) { return new TemplatePiece(PieceRole.Text, text.Append(piece.Text, at, piece.Text.Length - at).ToString()); }
            text.Append(piece.Text, at, open - at);
            text.Append(piece.Text[(open + 2)..close] switch
            {
                "SYSTEM" => system ?? "",
                "QUERY" => query ?? "",
                "ROUND0" => round.ToString(CultureInfo.InvariantCulture),
                "ROUND1" => (round + 1).ToString(CultureInfo.InvariantCulture),
                _ => piece.Text[open..(close + 2)],
            });
            at = close + 2;
        }
        return new TemplatePiece(PieceRole.Text, text.ToString());
    }

    void StripOpenNewlines(bool isOpen)
    {
        for (var i = 0; i < _pieces.Count; i++)
        {
            var text = _pieces[i].Piece.Text;
            var opensAnswer = text.EndsWith("<|assistant|>\n", StringComparison.Ordinal) || text.EndsWith("<think></think>\n", StringComparison.Ordinal);
            var strips = i + 1 == _pieces.Count ? isOpen : _pieces[i + 1].Piece.Text.Contains("<|observation|>", StringComparison.Ordinal);
            if (opensAnswer && strips) { _pieces[i] = _pieces[i] with { Piece = text[..^1] }; }
        }
    }

    List<TemplateSegment> Weighted(int lastQuestion)
    {
        var segments = new List<TemplateSegment>();
        var answers = 0;
        foreach (var (piece, kind, loss) in _pieces)
        {
            var isLastRound = 2 * answers >= lastQuestion;
            if (kind == Kind.Answer) { answers++; }
            var hasLoss = loss ?? _settings.LossScale.Strategy switch
            {
                LossStrategy.All => true,
                LossStrategy.Default => kind != Kind.Other,
                _ => kind != Kind.Other && isLastRound,
            };
            if (!hasLoss) { Join(segments, new TemplateSegment(piece.Role, piece.Text, 0)); }
            else if (piece.Role != PieceRole.Text) { Join(segments, new TemplateSegment(piece.Role, "", 1)); }
            else { foreach (var (text, weight) in _settings.LossScale.Split(piece.Text)) { Join(segments, new TemplateSegment(PieceRole.Text, text, weight)); } }
        }
        return segments;
    }

    static void Join(List<TemplateSegment> segments, TemplateSegment next)
    {
        if (next.Role == PieceRole.Text && segments.Count > 0 && segments[^1] is { Role: PieceRole.Text } last && last.Weight == next.Weight)
        {
            segments[^1] = last with { Text = last.Text + next.Text };
            return;
        }
        segments.Add(next);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static Exception NoPlaceForSystem(string where, string template) => throw new UnsupportedDataException("TPL-6.7", where, $"there is a system text, but the template '{template}' has no place for one");

        [DoesNotReturn]
        internal static Exception NeedsSystem(string where, string template) => throw new UnsupportedDataException("TPL-6.7", where, $"the makers' default system text of '{template}' is not ours to ship; give one with --system (an empty one for none)");

        [DoesNotReturn]
        internal static Exception OutOfTurn(string where, int at, string role) => throw new MalformedDataException("TPL-6.3", where, $"message {at} is of '{role}'; questions (or a tool's results) and answers must alternate");

        [DoesNotReturn]
        internal static Exception NoAnswer(string where, int at) => throw new MalformedDataException("TPL-6.3", where, $"message {at} is an answer without content, which only the last may be");
    }
}
