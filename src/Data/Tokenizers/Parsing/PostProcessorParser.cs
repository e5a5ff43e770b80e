using System.Diagnostics.CodeAnalysis;
using Ckpt.Data.Tokenizers.Processing;

namespace Ckpt.Data.Tokenizers.Parsing;

/// <summary>Parses <c>post_processor</c>, for one text; what it says of pairs is not read.</summary>
static class PostProcessorParser
{
    internal static PostProcessor Parse(JsonPart json)
    {
        if (json.IsNull) { return PostProcessor.None; }
        switch (json["type"].Text())
        {
            case "Sequence": return json["processors"].Items().Select(Parse).Aggregate(PostProcessor.None, (all, next) => all.Then(next));
            case "ByteLevel": return new PostProcessor(json["trim_offsets"].Bool(true) ? json["add_prefix_space"].Bool(true) : null, [], []);
            case "TemplateProcessing": return Template(json);
            case "BertProcessing": return new PostProcessor(null, [Pair(json["cls"])], [Pair(json["sep"])]);
            case "RobertaProcessing": return new PostProcessor(json["trim_offsets"].Bool(true) ? json["add_prefix_space"].Bool(true) : null, [Pair(json["cls"])], [Pair(json["sep"])]);
            case var other:
                ComponentFault.Unsupported(json.Where, $"the post-processor {Quoted.Text(other)}", "Sequence, ByteLevel, TemplateProcessing, BertProcessing and RobertaProcessing");
                return null;
        }
    }

    static PostProcessor Template(JsonPart json)
    {
        var (before, after) = (new List<SpecialPiece>(), new List<SpecialPiece>());
        var texts = 0;
        foreach (var piece in json["single"].Items())
        {
            var sequence = piece["Sequence"];
            if (!sequence.IsNull)
            {
                if (sequence["id"].Text() != "A") { Throw.NotOneText(json.Where); }
                texts++;
                continue;
            }
            var name = piece["SpecialToken"]["id"].Text();
            var special = json["special_tokens"][name];
            if (special.IsNull) { Throw.NoToken(piece.Where, name); }
            var ids = special["ids"].Items().Select(i => i.Index()).ToList();
            var tokens = special["tokens"].Items().Select(t => t.Text()).ToList();
            if (ids.Count != tokens.Count) { Throw.NotAsMany(special.Where, ids.Count, tokens.Count); }
            (texts == 0 ? before : after).AddRange(ids.Zip(tokens, (id, token) => new SpecialPiece(id, token)));
        }
        if (texts != 1) { Throw.NotOneText(json.Where); }
        return new PostProcessor(null, before, after);
    }

    static SpecialPiece Pair(JsonPart json)
    {
        var parts = json.Items().ToList();
        if (parts.Count != 2) { Throw.NotAPair(json.Where, parts.Count); }
        return new SpecialPiece(parts[1].Index(), parts[0].Text());
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoToken(string where, string name) => throw new MalformedDataException("TOK-7.1", where, $"special_tokens says nothing of {Quoted.Text(name)}");

        [DoesNotReturn]
        internal static void NotOneText(string where) => throw new MalformedDataException("TOK-7.1", where, "the template of a single text names the text A once");

        [DoesNotReturn]
        internal static void NotAsMany(string where, int ids, int tokens) => throw new MalformedDataException("TOK-7.1", where, $"there are {ids} ids and {tokens} tokens");

        [DoesNotReturn]
        internal static void NotAPair(string where, int count) => throw new MalformedDataException("TOK-7.1", where, $"a token and its id are two values; there are {count}");
    }
}
