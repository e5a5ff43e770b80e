using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Ckpt.Data.Tokenizers.Models;

namespace Ckpt.Data.Tokenizers.Parsing;

/// <summary>Parses <c>model</c>.</summary>
static class ModelParser
{
    internal static ITokenModel Parse(JsonPart json)
    {
        switch (Kind(json))
        {
            case "BPE": return Bpe(json);
            case "Unigram": return Unigram(json);
            case "WordLevel": return new WordLevelModel(Vocabulary(json["vocab"]), json["unk_token"].Text(), json.Where);
            case var other:
                ComponentFault.Unsupported(json.Where, $"the model {Quoted.Text(other)}", "BPE, Unigram and WordLevel");
                return null;
        }
    }

    /// <summary>The model's type; files of before 2021 do not say it.</summary>
    static string Kind(JsonPart json) =>
        !json["type"].IsNull ? json["type"].Text() : !json["merges"].IsNull ? "BPE" : json["vocab"].IsArray ? "Unigram" : "WordLevel";

    static BpeModel Bpe(JsonPart json)
    {
        if (!json["dropout"].IsNull && json["dropout"].Number() != 0) { Throw.Dropout(json["dropout"].Where); }
        var vocabulary = Vocabulary(json["vocab"]);
        var options = new BpeOptions(json["unk_token"].TextOrNull(), json["fuse_unk"].Bool(false), json["byte_fallback"].Bool(false), json["ignore_merges"].Bool(false),
            json["continuing_subword_prefix"].TextOrNull() ?? "", json["end_of_word_suffix"].TextOrNull() ?? "");
        return new BpeModel(vocabulary, Merges(json["merges"], vocabulary, options.Prefix), options, json.Where);
    }

    static MergeTable Merges(JsonPart json, ModelVocabulary vocabulary, string prefix)
    {
        if (!json.IsArray) { _ = json.Items(); }
        var table = new MergeTable(json.Value.GetArrayLength());
        var rank = 0;
        foreach (var merge in json.Value.EnumerateArray())
        {
            var (left, right) = Pair(merge, json, rank);
            var tail = prefix.Length > 0 && right.Length >= prefix.Length ? right.AsSpan(prefix.Length) : right;
            var (l, r, made) = (vocabulary.Id(left), vocabulary.Id(right), vocabulary.Id($"{left}{tail}"));
            if (l < 0 || r < 0 || made < 0) { Throw.UnknownMerge($"{json.Where}[{rank}]", left, right, l < 0 ? left : r < 0 ? right : $"{left}{tail}"); }
            table.Set(l, r, rank++, made);
        }
        return table;
    }

    /// <summary>The two sides of a merge: an array of two, or one string with a space between (TOK-2.1).</summary>
    static (string Left, string Right) Pair(JsonElement merge, JsonPart json, int rank)
    {
        if (merge.ValueKind is JsonValueKind.Array && merge.GetArrayLength() == 2 && merge[0].ValueKind is JsonValueKind.String && merge[1].ValueKind is JsonValueKind.String)
        {
            return (merge[0].GetString()!, merge[1].GetString()!);
        }
        if (merge.ValueKind is JsonValueKind.String && merge.GetString()!.Split(' ') is [var left, var right]) { return (left, right); }
        Throw.NotAMerge($"{json.Where}[{rank}]");
        return default;
    }

    static UnigramModel Unigram(JsonPart json)
    {
        var (pieces, scores) = (new List<KeyValuePair<int, string>>(), new List<double>());
        var ids = new Dictionary<string, int>();
        foreach (var entry in json["vocab"].Items())
        {
            var pair = entry.Items().Take(3).ToList();
            if (pair.Count != 2) { Throw.NotAPiece(entry.Where); }
            ids[pair[0].Text()] = pieces.Count;
            pieces.Add(new(pieces.Count, pair[0].Text()));
            scores.Add(pair[1].Number());
        }
        var unknown = json["unk_id"].IsNull ? -1 : json["unk_id"].Index();
        if (unknown >= pieces.Count) { Throw.NoSuchUnknown(json["unk_id"].Where, unknown, pieces.Count); }
        return new UnigramModel(new ModelVocabulary(ids, pieces), [.. scores], unknown, json["byte_fallback"].Bool(false), json.Where);
    }

    static ModelVocabulary Vocabulary(JsonPart json)
    {
        var ids = new Dictionary<string, int>();
        var tokens = new Dictionary<int, string>();
        foreach (var entry in json.Members())
        {
            var id = -1;
            if (entry.Value.ValueKind is not JsonValueKind.Number || !entry.Value.TryGetInt32(out id) || id < 0) { Throw.NotAnId(json.Where, entry.Name, entry.Value.GetRawText()); }
            if (!tokens.TryAdd(id, entry.Name)) { Throw.SameId(json.Where, entry.Name, tokens[id], id); }
            if (!ids.TryAdd(entry.Name, id)) { Throw.SameToken(json.Where, entry.Name); }
        }
        return new ModelVocabulary(ids, tokens);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NotAnId(string where, string token, string found) => throw new MalformedDataException(
            "TOK-1.4", where, $"the id of {Quoted.Text(token)} is a whole number of 31 bits; found {(found.Length > 40 ? found[..40] + "…" : found)}");

        [DoesNotReturn]
        internal static void SameId(string where, string token, string other, int id) => throw new MalformedDataException(
            "TOK-1.4", where, $"{Quoted.Text(other)} and {Quoted.Text(token)} have the same id {id}");

        [DoesNotReturn]
        internal static void SameToken(string where, string token) => throw new MalformedDataException("TOK-1.4", where, $"{Quoted.Text(token)} stands twice");

        [DoesNotReturn]
        internal static void Dropout(string where) => throw new UnsupportedDataException("TOK-2.7", where, "dropout makes ids that differ from run to run; only null and 0 are supported");

        [DoesNotReturn]
        internal static void NotAMerge(string where) => throw new MalformedDataException("TOK-2.1", where, "a merge is an array of two strings, or a string with one space");

        [DoesNotReturn]
        internal static void UnknownMerge(string where, string left, string right, string missing) => throw new MalformedDataException(
            "TOK-2.2", where, $"{Quoted.Text(left)} and {Quoted.Text(right)} merge, but {Quoted.Text(missing)} is not in the vocabulary");

        [DoesNotReturn]
        internal static void NotAPiece(string where) => throw new MalformedDataException("TOK-3.1", where, "a piece is an array of a string and its score");

        [DoesNotReturn]
        internal static void NoSuchUnknown(string where, int id, int count) => throw new MalformedDataException("TOK-3.2", where, $"unk_id is {id}; there are {count} pieces");
    }
}
