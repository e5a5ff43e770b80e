using Ckpt.Data.Tokenizers;

namespace Ckpt.Cli.Infer;

/// <summary>What ends an answer (INF-6.2).</summary>
/// <param name="Ids">Tokens.</param>
/// <param name="Texts">Texts of several tokens.</param>
sealed record AnswerEnd(IReadOnlySet<int> Ids, IReadOnlyList<string> Texts)
{
    /// <summary>The ids the model's files say and the tokenizer's own; texts that are one token of the tokenizer end by it.</summary>
    internal static AnswerEnd Of(Tokenizer tokenizer, IReadOnlyList<int> eos, IEnumerable<string> stops)
    {
        var ids = eos.ToHashSet();
        if (tokenizer.EosId is { } own) { ids.Add(own); }
        var texts = new List<string>();
        foreach (var stop in stops.Where(static stop => stop.Length > 0).Distinct(StringComparer.Ordinal))
        {
            if (tokenizer.TokenToId(stop) is { } id) { ids.Add(id); }
            else { texts.Add(stop); }
        }
        return new AnswerEnd(ids, texts);
    }
}
