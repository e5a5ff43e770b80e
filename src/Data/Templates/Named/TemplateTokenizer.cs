using Ckpt.Data.Tokenizers;

namespace Ckpt.Data.Templates.Named;

/// <summary>What a named template needs of a tokenizer.</summary>
/// <param name="Encode">Ids of a text, special tokens in it recognized, none added.</param>
/// <param name="Bos">The first token, where there is one.</param>
/// <param name="Eos">The last token, where there is one.</param>
/// <param name="EosText">The last token as text.</param>
/// <param name="Start">What the tokenizer itself puts before a text.</param>
/// <param name="End">What the tokenizer itself puts behind a text.</param>
public sealed record TemplateTokenizer(Func<string, IReadOnlyList<int>> Encode, int? Bos, int? Eos, string? EosText, IReadOnlyList<int> Start, IReadOnlyList<int> End)
{
    /// <summary>What is needed of a tokenizer that has been read.</summary>
    public static TemplateTokenizer Of(Tokenizer tokenizer)
    {
        var bare = tokenizer.EncodeIds("a");
        var ended = tokenizer.EncodeIds("a", new EncodeOptions { AddSpecialTokens = true });
        var at = ended.Count - bare.Count;
        while (at > 0 && !ended.Skip(at).Take(bare.Count).SequenceEqual(bare)) { at--; }
        return new TemplateTokenizer(text => tokenizer.EncodeIds(text), tokenizer.BosId, tokenizer.EosId, tokenizer.Config.Special.Eos, [.. ended.Take(at)], [.. ended.Skip(at + bare.Count)]);
    }
}
