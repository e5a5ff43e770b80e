using System.Text;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Normalizing;

/// <summary>NFC, NFD, NFKC, NFKD.</summary>
sealed class UnicodeFormNormalizer(UnicodeForm form) : INormalizer
{
    internal UnicodeForm Form => form;

    public AlignedText Normalize(AlignedText text) =>
        text.Text.Length == 0 || Ascii.IsValid(text.Text) || form is { Composes: true, Compatibility: false } && UnicodeNormalizer.IsComposed(text.Text)
            ? text : text.Transform(UnicodeNormalizer.Normalize(text.Text, form), 0);
}
