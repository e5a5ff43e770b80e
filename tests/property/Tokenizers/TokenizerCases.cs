using System.Text.Json.Nodes;
using Ckpt.Data.Tokenizers;

namespace Ckpt.PropertyTests.Tokenizers;

/// <summary>What the reference makes of texts and ids, and whether a tokenizer makes the same: one line for every difference.</summary>
sealed class TokenizerCases(Tokenizer tokenizer, JsonNode expected)
{
    internal IEnumerable<string> Differences() => Sizes().Concat(Texts()).Concat(Decodings());

    IEnumerable<string> Sizes()
    {
        if (tokenizer.ModelVocabSize != (int)expected["vocab_size"]!) { yield return $"vocab_size {tokenizer.ModelVocabSize}"; }
        if (tokenizer.VocabSize != (int)expected["vocab_size_with_added"]!) { yield return $"vocab_size_with_added {tokenizer.VocabSize}"; }
        var most = (int)expected["max_id"]!;
        if (tokenizer.IdToToken(most) is null || tokenizer.IdToToken(most + 1) is not null) { yield return $"max_id is not {most}"; }
    }

    IEnumerable<string> Texts()
    {
        foreach (var item in expected["cases"]!.AsArray())
        {
            var text = (string)item!["text"]!;
            var ids = Ints(item["ids"]!);
            var withSpecial = item["ids_with_special"] is { } special ? Ints(special) : ids;
            var asText = item["ids_special_as_text"] is { } plain ? Ints(plain) : ids;
            var encoded = tokenizer.Encode(text);
            var decoded = (string)item["decoded"]!;
            foreach (var fault in new[]
            {
                Same(text, "ids", ids, encoded.Ids),
                Same(text, "ids with special", withSpecial, tokenizer.Encode(text, new EncodeOptions { AddSpecialTokens = true }).Ids),
                Same(text, "ids of special as text", asText, tokenizer.Encode(text, new EncodeOptions { SpecialAsText = true }).Ids),
                Same(text, "fast ids", ids, tokenizer.EncodeIds(text)),
                Same(text, "fast ids with special", withSpecial, tokenizer.EncodeIds(text, new EncodeOptions { AddSpecialTokens = true })),
                Same(text, "fast ids of special as text", asText, tokenizer.EncodeIds(text, new EncodeOptions { SpecialAsText = true })),
                Decoded(ids, decoded, (string?)item["decoded_with_special"] is null ? (string?)item["decoded_skip_special"] ?? decoded : null),
                (string?)item["decoded_with_special"] is { } with ? Decoded(withSpecial, with, (string?)item["decoded_skip_special"] ?? decoded) : null,
                item["tokens"] is { } tokens ? Same(text, "tokens", tokens.AsArray().Select(t => (string)t!), encoded.Tokens) : null,
                item["offsets"] is { } offsets ? Same(text, "offsets", offsets.AsArray().Select(o => new TokenOffset((int)o![0]!, (int)o[1]!)), encoded.Offsets) : null,
            })
            {
                if (fault is not null) { yield return fault; }
            }
        }
    }

    IEnumerable<string> Decodings()
    {
        foreach (var item in expected["random_decodes"]!.AsArray())
        {
            if (Decoded(Ints(item!["ids"]!), (string)item["decoded"]!, (string)item["decoded_skip_special"]!) is { } fault) { yield return fault; }
        }
    }

    string? Decoded(int[] ids, string all, string? withoutSpecial)
    {
        foreach (var (skip, text) in new[] { (false, all), (true, withoutSpecial) })
        {
            if (text is null) { continue; }
            var found = tokenizer.Decode(ids, skip);
            if (found != text) { return $"[{string.Join(", ", ids)}] decoded{(skip ? " without special" : "")}: {Shown(text)}, found {Shown(found)}"; }
            var stream = tokenizer.Stream(skip);
            var streamed = string.Concat(ids.Select(stream.Push)) + stream.Flush();
            if (streamed != text) { return $"[{string.Join(", ", ids)}] streamed{(skip ? " without special" : "")}: {Shown(text)}, found {Shown(streamed)}"; }
        }
        return null;
    }

    static string? Same<T>(string text, string what, IEnumerable<T> expected, IEnumerable<T> found)
    {
        var (wanted, got) = (expected.ToList(), found.ToList());
        return wanted.SequenceEqual(got) ? null : $"{Shown(text)} {what}: [{string.Join(", ", wanted)}], found [{string.Join(", ", got)}]";
    }

    static string Shown(string text) => System.Text.Json.JsonSerializer.Serialize(text);

    static int[] Ints(JsonNode json) => [.. json.AsArray().Select(n => (int)n!)];
}
