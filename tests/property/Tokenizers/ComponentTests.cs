using System.Text;
using System.Text.Json.Nodes;
using Ckpt.Data.Tokenizers;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Tokenizers;

/// <summary>One component at a time, against the reference (spec/vectors/tokenizers/make_components.py).</summary>
public sealed class ComponentTests
{
    static readonly JsonNode s_expected = JsonNode.Parse(File.ReadAllText(Repository.Vector("tokenizers", "components.json")))!;

    public static TheoryData<string> Names => [.. s_expected["tokenizers"]!.AsArray().Select(t => (string)t!["name"]!)];

    [Theory, MemberData(nameof(Names))]
    [Clause("TOK-2.1"), Clause("TOK-2.4"), Clause("TOK-2.5"), Clause("TOK-2.6"), Clause("TOK-3.3"), Clause("TOK-3.4"), Clause("TOK-3.5"), Clause("TOK-4.1"), Clause("TOK-4.2")]
    [Clause("TOK-5.1"), Clause("TOK-5.4"), Clause("TOK-5.7"), Clause("TOK-6.1"), Clause("TOK-6.2"), Clause("TOK-6.3"), Clause("TOK-6.4"), Clause("TOK-7.2"), Clause("TOK-8.1"), Clause("TOK-8.2")]
    public void EveryComponentDoesWhatTheReferenceDoes(string name)
    {
        var item = s_expected["tokenizers"]!.AsArray().Single(t => (string)t!["name"]! == name)!;
        var tokenizer = Tokenizer.Parse(Encoding.UTF8.GetBytes(item["json"]!.ToJsonString()), [], name);
        var faults = new List<string>();
        foreach (var (text, row) in s_expected["strings"]!.AsArray().Zip(item["cases"]!.AsArray(), (s, c) => ((string)s!, c!.AsArray())))
        {
            var encoded = tokenizer.Encode(text, new EncodeOptions { AddSpecialTokens = true });
            Compare(text, "ids", row[0], encoded.Ids);
            Compare(text, "fast ids", row[0], tokenizer.EncodeIds(text, new EncodeOptions { AddSpecialTokens = true }));
            Compare(text, "tokens", row[1], encoded.Tokens);
            Compare(text, "offsets", row[2], encoded.Offsets.Select(o => new JsonArray(o.Start, o.End)));
            Compare(text, "ids of special as text", row[3], tokenizer.Encode(text, new EncodeOptions { SpecialAsText = true }).Ids);
            Compare(text, "decoded", row[4], tokenizer.Decode([.. encoded.Ids]));
            Compare(text, "decoded without special", row[5], tokenizer.Decode([.. encoded.Ids], skipSpecial: true));
        }
        Faults.None(faults);

        void Compare(string text, string what, JsonNode? expected, object found)
        {
            if (expected is null) { return; } // the reference has no answer
            var json = found is string s ? JsonValue.Create(s) : JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(found));
            if (!JsonNode.DeepEquals(expected, json)) { faults.Add($"{JsonValue.Create(text).ToJsonString()} {what}: {expected.ToJsonString()}, found {json!.ToJsonString()}"); }
        }
    }
}
