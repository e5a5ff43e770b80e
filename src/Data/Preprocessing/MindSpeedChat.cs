using Ckpt.Data.Datasets;
using Ckpt.Data.Packing;
using Ckpt.Data.Templates.Named;
using ChatMessage = Ckpt.Data.Datasets.ChatMessage;
using EncodedSample = Ckpt.Data.Packing.EncodedSample;

namespace Ckpt.Data.Preprocessing;

/// <summary>Conversations by one of MindSpeed's templates, all answers learned or the last one only.</summary>
sealed class MindSpeedChat(MindSpeedTemplate template, bool? thinking, TemplateTokenizer tokenizer, ITextEncoder text) : IChatEncoder
{
    // Without the thoughts, which one-turn encoding treats in its own way; turns are otherwise written alike.
    readonly MindSpeedEncoder _bare = new(template.Kind == MindSpeedKind.Reasoning ? template with { Kind = MindSpeedKind.Plain } : template, int.MaxValue, null, tokenizer);

    public ITextEncoder Text => text;

    public EncodedSample EncodeAll(DatasetExample example, int length) =>
        Of(new MindSpeedEncoder(template, length, thinking, tokenizer).Encode(Sample(example, example.Messages), example.Where));

    /// <summary>MindSpeed's one-turn encoding: thoughts of earlier answers are gone, and only the last answer may get empty ones (DAT-6.12).</summary>
    public EncodedSample EncodeLast(DatasetExample example, IReadOnlyList<ChatMessage> messages, int length)
    {
        var turns = messages.Select((m, i) => m.Role == "assistant" && (i < messages.Count - 1 || thinking == false) ? m with { Content = WithoutThoughts(m.Content) } : m).ToList();
        var encoded = Of(_bare.Encode(Sample(example, turns), example.Where));
        var (ids, start) = (encoded.Ids.ToList(), Array.LastIndexOf(encoded.Labels, EncodedSample.Ignored) + 1);

        // The end that is written behind all comes back after the cut.
        int? end = template.EfficientEos ? ids[^1] : null;
        if (end is not null) { ids.RemoveAt(ids.Count - 1); }
        if (template.Kind == MindSpeedKind.Reasoning && !HasThoughts(turns[^1].Content))
        {
            var empty = tokenizer.Encode(template.ThoughtBegin + template.ThoughtEnd);
            ids.InsertRange(start, empty);
            if (thinking != true) { start += empty.Count; }
        }
        var (source, target) = Shortened(start, ids.Count - start, length);
        int[] answer = [.. ids.GetRange(start, target), .. end is { } last ? [last] : Array.Empty<int>()];
        return new EncodedSample([.. ids.Take(source), .. answer], [.. Enumerable.Repeat(EncodedSample.Ignored, source), .. answer]);
    }

    (int Source, int Target) Shortened(int source, int target, int length) => template.Kind is MindSpeedKind.Plain or MindSpeedKind.Llama2
        ? source + target <= length ? (source, target) : PairBudget.Proportional(source, target, length)
        : source + target <= length - 1 ? (source, target) : PairBudget.Fair(source, target, length - 1);

    bool HasThoughts(string answer) => answer.Contains(template.ThoughtBegin, StringComparison.Ordinal) || answer.Contains(template.ThoughtEnd, StringComparison.Ordinal);

    // Every stretch from a beginning to the next end.
    string WithoutThoughts(string answer)
    {
        if (template.Kind != MindSpeedKind.Reasoning) { return answer; }
        var begin = 0;
        while ((begin = answer.IndexOf(template.ThoughtBegin, begin, StringComparison.Ordinal)) >= 0
            && answer.IndexOf(template.ThoughtEnd, begin + template.ThoughtBegin.Length, StringComparison.Ordinal) is var end and >= 0)
        {
            answer = answer[..begin] + answer[(end + template.ThoughtEnd.Length)..];
        }
        return answer.TrimStart('\n');
    }

    static ChatSample Sample(DatasetExample example, IReadOnlyList<ChatMessage> messages)
    {
        if (example.Tools is not null || messages.Any(m => m.Role == "tool_call" || m.ToolCalls is not null))
        {
            throw new UnsupportedDataException("DAT-6.13", example.Where, "the row has tools, which the templates of --prompt-type do not write");
        }
        var system = messages.Count > 0 && messages[0].Role == "system" ? messages[0].Content : null;
        return new ChatSample(system, [.. messages.Skip(system is null ? 0 : 1).Select(m => new Templates.Named.ChatMessage(m.Role == "tool_response" ? "tool" : m.Role, m.Content))], []);
    }

    static EncodedSample Of(Templates.Named.EncodedSample encoded) => new(encoded.InputIds, encoded.Labels!);
}
