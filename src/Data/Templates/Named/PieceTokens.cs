using System.Diagnostics.CodeAnalysis;

namespace Ckpt.Data.Templates.Named;

/// <summary>Pieces to tokens.</summary>
static class PieceTokens
{
    internal static IReadOnlyList<int> Of(PieceRole role, string text, TemplateTokenizer tokenizer, string where) => role switch
    {
        PieceRole.Text => tokenizer.Encode(text),
        PieceRole.Token => tokenizer.Encode(text) is [var id] ? [id] : throw Throw.NotOne(where, text),
        PieceRole.Bos => [tokenizer.Bos ?? throw Throw.NoToken(where, "bos")],
        PieceRole.Eos => [tokenizer.Eos ?? throw Throw.NoToken(where, "eos")],
        PieceRole.TokenizerStart => tokenizer.Start,
        _ => tokenizer.End,
    };

    static class Throw
    {
        [DoesNotReturn]
        internal static Exception NoToken(string where, string name) => throw new UnsupportedDataException("TPL-8.3", where, $"the template writes the {name} token, and the tokenizer has none");

        [DoesNotReturn]
        internal static Exception NotOne(string where, string text) => throw new UnsupportedDataException("TPL-8.3", where, $"the template writes the token '{text}', which is no single token of the tokenizer");
    }
}
