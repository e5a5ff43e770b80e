namespace Ckpt.Data.Tokenizers.Parsing;

/// <summary>Parses tokenizer.json as a whole.</summary>
static class TokenizerParser
{
    internal static TokenizerParts Parse(ReadOnlySpan<byte> utf8, string where)
    {
        var json = JsonText.Object(utf8, where);
        var model = ModelParser.Parse(json["model"]);
        var normalizer = NormalizerParser.Parse(json["normalizer"]);
        var added = json["added_tokens"].IsNull ? [] : json["added_tokens"].Items().Select(Added).ToList();
        return new TokenizerParts(new AddedVocabulary(added, model.Vocabulary, normalizer), normalizer, PreTokenizerParser.Parse(json["pre_tokenizer"]), model,
            PostProcessorParser.Parse(json["post_processor"]), DecoderParser.Parse(json["decoder"]));
    }

    static AddedToken Added(JsonPart json) => new(
        json["id"].Index(), json["content"].Text(), json["single_word"].Bool(false), json["lstrip"].Bool(false), json["rstrip"].Bool(false),
        json["normalized"].Bool(!json["special"].Bool(false)), json["special"].Bool(false));
}
