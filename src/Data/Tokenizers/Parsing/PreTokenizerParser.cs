using Ckpt.Data.Tokenizers.Patterns;
using Ckpt.Data.Tokenizers.Splitting;

namespace Ckpt.Data.Tokenizers.Parsing;

/// <summary>Parses <c>pre_tokenizer</c>.</summary>
static class PreTokenizerParser
{
    internal static IPreTokenizer? Parse(JsonPart json)
    {
        if (json.IsNull) { return null; }
        switch (json["type"].Text())
        {
            case "Sequence": return new PreTokenizerSequence([.. json["pretokenizers"].Items().Select(Parse).OfType<IPreTokenizer>()]);
            case "Split": return new SplitPreTokenizer(PatternOf.Part(json["pattern"]), Behavior(json["behavior"]), json["invert"].Bool(false));
            case "ByteLevel": return new ByteLevelPreTokenizer(json["add_prefix_space"].Bool(true), json["use_regex"].Bool(true));
            case "Metaspace": return new MetaspacePreTokenizer(Metaspace(json));
            case "Digits": return CharPreTokenizer.Digits(json["individual_digits"].Bool(false));
            case "Punctuation": return CharPreTokenizer.Punctuation(json["behavior"].IsNull ? SplitBehavior.Isolated : Behavior(json["behavior"]));
            case "WhitespaceSplit": return CharPreTokenizer.Spaces;
            case "Whitespace": return new SplitPreTokenizer(Pattern.OfRegex(@"\w+|[^\w\s]+", json.Where), SplitBehavior.Removed, invert: true);
            case "CharDelimiterSplit": return new SplitPreTokenizer(Pattern.OfText(json["delimiter"].Text()), SplitBehavior.Removed, false);
            case "BertPreTokenizer": return new PreTokenizerSequence([CharPreTokenizer.Spaces, CharPreTokenizer.Punctuation(SplitBehavior.Isolated)]);
            case var other:
                ComponentFault.Unsupported(json.Where, $"the pre-tokenizer {Quoted.Text(other)}", "Sequence, Split, ByteLevel, Metaspace, Digits, Punctuation, Whitespace, WhitespaceSplit, CharDelimiterSplit and BertPreTokenizer");
                return null;
        }
    }

    /// <summary>The options of Metaspace, which its decoder has too; files of before 2024 say add_prefix_space.</summary>
    internal static MetaspaceOptions Metaspace(JsonPart json)
    {
        var replacement = json["replacement"].IsNull ? "▁" : json["replacement"].Text();
        if (replacement.Length is 0 or > 2 || replacement.Length == 2 && !char.IsSurrogatePair(replacement, 0)) { ComponentFault.NotOneOf(json["replacement"], replacement, "the single characters"); }
        var prepend = json["prepend_scheme"].IsNull ? PrependScheme.Always : json["prepend_scheme"].Text() switch
        {
            "always" => PrependScheme.Always,
            "never" => PrependScheme.Never,
            "first" => PrependScheme.First,
            var other => NoScheme(json["prepend_scheme"], other),
        };
        if (!json["add_prefix_space"].Bool(true)) { prepend = PrependScheme.Never; }
        return new MetaspaceOptions(replacement, prepend, json["split"].Bool(true));
    }

    static PrependScheme NoScheme(JsonPart json, string found)
    {
        ComponentFault.NotOneOf(json, found, "always, never and first");
        return default;
    }

    static SplitBehavior Behavior(JsonPart json)
    {
        // Both spellings are in use.
        if (json.Text() is { Length: > 0 } text && char.IsAsciiLetter(text[0]) && Enum.TryParse<SplitBehavior>(text.Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out var behavior)) { return behavior; }
        ComponentFault.NotOneOf(json, json.Text(), "Removed, Isolated, MergedWithPrevious, MergedWithNext and Contiguous");
        return default;
    }
}
