using Ckpt.Data.Tokenizers.Normalizing;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Parsing;

/// <summary>Parses <c>normalizer</c>.</summary>
static class NormalizerParser
{
    internal static INormalizer? Parse(JsonPart json)
    {
        if (json.IsNull) { return null; }
        switch (json["type"].Text())
        {
            case "Sequence": return new NormalizerSequence([.. json["normalizers"].Items().Select(Parse).OfType<INormalizer>()]);
            case "NFC": return new UnicodeFormNormalizer(new UnicodeForm(false, true));
            case "NFD": return new UnicodeFormNormalizer(new UnicodeForm(false, false));
            case "NFKC": return new UnicodeFormNormalizer(new UnicodeForm(true, true));
            case "NFKD": return new UnicodeFormNormalizer(new UnicodeForm(true, false));
            case "Lowercase": return new LowercaseNormalizer();
            case "Strip": return new StripNormalizer(json["strip_left"].Bool(true), json["strip_right"].Bool(true));
            case "StripAccents": return FilterNormalizer.StripAccents;
            case "Prepend": return new PrependNormalizer(json["prepend"].Text());
            case "Replace":
                var (pattern, content) = (PatternOf.Part(json["pattern"]), json["content"].Text());
                PatternOf.RefuseGroups(pattern, content, json.Where);
                return new ReplaceNormalizer(pattern, content);
            case "ByteLevel": return new ByteLevelNormalizer();
            case var other:
                ComponentFault.Unsupported(json.Where, $"the normalizer {Quoted.Text(other)}", "Sequence, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Prepend, Replace and ByteLevel");
                return null;
        }
    }
}
