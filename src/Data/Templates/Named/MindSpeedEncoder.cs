using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Ckpt.Data.Templates.Named;

/// <summary>Samples to tokens and labels as MindSpeed-LLM's preprocessing makes them: every slot is tokenized on its own (TPL-9.1).</summary>
/// <param name="template">The template.</param>
/// <param name="cutoff">The most tokens of a sample (<c>--seq-length</c>).</param>
/// <param name="enableThinking"><c>--enable-thinking</c>; null for <c>none</c>.</param>
/// <param name="tokenizer">The tokenizer.</param>
public sealed class MindSpeedEncoder(MindSpeedTemplate template, int cutoff, bool? enableThinking, TemplateTokenizer tokenizer)
{
    /// <summary>The tokens and labels of a sample with questions and answers in turn.</summary>
    public EncodedSample Encode(ChatSample sample, string where)
    {
        var (ids, labels) = (new List<int>(), new List<int>());
        var limit = template.Kind is MindSpeedKind.LlamaFactory or MindSpeedKind.Reasoning ? cutoff - 1 : cutoff;
        foreach (var (source, target) in Pairs(sample, where))
        {
            var rest = limit - ids.Count;
            if (rest <= 0) { break; }
            var (sourceLength, targetLength) = Lengths(source.Count, target.Count, rest);
            var startsTurn = ids.Count > 0 && template.EfficientEos && sourceLength > 0;
            labels.AddRange(Enumerable.Repeat(EncodedSample.NoLabel, sourceLength));
            if (startsTurn) { labels[ids.Count] = Eos(where); }
            labels.AddRange(target.Take(targetLength));
            ids.AddRange(source.Take(sourceLength));
            ids.AddRange(target.Take(targetLength));
        }
        if (template.EfficientEos)
        {
            ids.Add(Eos(where));
            labels.Add(Eos(where));
        }
        return new EncodedSample([.. ids], [.. labels], null);
    }

    int Eos(string where) => PieceTokens.Of(PieceRole.Eos, "", tokenizer, where)[0];

    /// <summary>How much of a pair fits (TPL-9.3).</summary>
    (int Source, int Target) Lengths(int source, int target, int rest)
    {
        if (template.Kind is MindSpeedKind.Plain or MindSpeedKind.Llama2)
        {
            var most = Math.Max((int)(rest * ((double)target / Math.Max(source + target, 1))), 1);
            return (Math.Min(source, Math.Max(rest - Math.Min(most, target), 0)), Math.Min(target, most));
        }
        var mostTarget = 2L * target < rest ? rest : 2L * source < rest ? rest - source : (int)(rest * ((double)target / Math.Max(source + target, 1)));
        var newTarget = Math.Min(mostTarget, target);
        return (Math.Min(source, Math.Max(rest - newTarget, 0)), newTarget);
    }

    IEnumerable<(List<int> Source, List<int> Target)> Pairs(ChatSample sample, string where)
    {
        if (sample.Tools.Count > 0 || sample.Messages.Any(m => m.Role == "tool_call")) { throw Throw.Tools(where); }
        if (template.NeedsSystem && sample.System is null) { throw Throw.NeedsSystem(where, template.Name); }
        var system = sample.System ?? template.DefaultSystem;
        for (var i = 0; i < sample.Messages.Count; i += 2)
        {
            var (asked, answer) = (sample.Messages[i], i + 1 < sample.Messages.Count ? sample.Messages[i + 1] : null);
            if (asked.Role is not ("user" or "tool") || answer is not { Role: "assistant", Content: not null }) { throw Throw.OutOfTurn(where, i); }
            var source = new List<int>();
            var question = asked.Content ?? "";
            if (i == 0)
            {
                Append(source, template.Prefix, "", 0, where);
                if (template.Kind == MindSpeedKind.Llama2 && system.Length > 0) { question = Text(template.System, system) + question; }
                else if (system.Length > 0) { Append(source, template.System, system, 0, where); }
            }
            else if (template.Kind != MindSpeedKind.LlamaFactory) { Append(source, template.Separator, "", 0, where); }
            Append(source, asked.Role == "tool" ? template.Observation ?? template.User : template.User, question, i / 2, where);
            var target = new List<int>();
            Think(answer.Content, source, target, i / 2, where);
            yield return (source, target);
        }
    }

    /// <summary>The answer with its thought put in or out (TPL-9.4).</summary>
    void Think(string answer, List<int> source, List<int> target, int turn, string where)
    {
        if (template.Kind == MindSpeedKind.Reasoning)
        {
            if (enableThinking is false)
            {
                answer = Regex.Replace(answer, Regex.Escape(template.ThoughtBegin) + ".*?" + Regex.Escape(template.ThoughtEnd), "", RegexOptions.Singleline | RegexOptions.NonBacktracking).TrimStart('\n');
            }
            if (!answer.Contains(template.ThoughtBegin, StringComparison.Ordinal) && !answer.Contains(template.ThoughtEnd, StringComparison.Ordinal))
            {
                (enableThinking is true ? target : source).AddRange(tokenizer.Encode(template.ThoughtBegin + template.ThoughtEnd));
            }
        }
        Append(target, template.Assistant, answer, turn, where);
    }

    void Append(List<int> ids, IReadOnlyList<TemplatePiece> pieces, string content, int turn, string where)
    {
        foreach (var piece in pieces)
        {
            if (piece.Role != PieceRole.Text) { ids.AddRange(PieceTokens.Of(piece.Role, piece.Text, tokenizer, where)); }
            else if (Filled(piece.Text, content, turn) is { Length: > 0 } text) { ids.AddRange(tokenizer.Encode(text)); }
        }
    }

    static string Filled(string text, string content, int turn) =>
        text.Replace("{{idx}}", turn.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal).Replace("{{content}}", content, StringComparison.Ordinal);

    static string Text(IReadOnlyList<TemplatePiece> pieces, string content) => string.Concat(pieces.Select(p => Filled(p.Text, content, 0)));

    static class Throw
    {
        [DoesNotReturn]
        internal static Exception Tools(string where) => throw new UnsupportedDataException("TPL-9.5", where, "tools with --prompt-type are not handled (most of MindSpeed-LLM's own templates fail on them too); use --template");

        [DoesNotReturn]
        internal static Exception NeedsSystem(string where, string template) => throw new UnsupportedDataException("TPL-9.5", where, $"the default system text of '{template}' is not known here; every sample must bring one");

        [DoesNotReturn]
        internal static Exception OutOfTurn(string where, int at) => throw new MalformedDataException("TPL-6.3", where, $"questions and answers must alternate, which messages {at} and {at + 1} do not");
    }
}
