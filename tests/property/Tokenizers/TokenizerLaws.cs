using System.Text;
using Ckpt.Data;
using Ckpt.Data.Tokenizers;
using Ckpt.Kit;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Tokenizers;

/// <summary>What holds for every text and every sequence of ids.</summary>
public sealed class TokenizerLaws
{
    static readonly string[] s_byteLevel = ["qwen_style", "llama3_style"];
    static readonly string[] s_others = ["llama2_style", "llama2_metaspace", "gemma_style", "unigram", "unigram_bytefallback"];
    static readonly Dictionary<string, Tokenizer> s_tokenizers = s_byteLevel.Concat(s_others).ToDictionary(n => n, n => Tokenizer.Load(Repository.Vector("tokenizers", n)));

    static readonly Gen<string> s_pieces = Gen.Frequency(
        (6, Gen.Elements("the", " license", "'s", "'LL", "1", "2024", " ", "  ", "\n", "\r\n", "\t", "a", "Z", ".", "!?", "<|im_start|>", "</s>", "<s>", "▁", "<0x0A>")),
        (3, Gen.Elements("é", "e\u0301", "你好", "한", "\u1112\u1161", "П", "ع", "न्", "👨\u200d👩", "\U00020000", "\u0000", "\uFEFF", "\uFFFD", "ſ", "\u00A0", "٣", "½", "\u0323\u0307")),
        (1, Gen.Choose(0, 0xFFFF).Select(c => ((char)c).ToString())), // halves of pairs too
        (1, Gen.Choose(0x10000, 0x10FFFF).Select(char.ConvertFromUtf32)));

    static readonly Gen<string> s_texts = from count in Gen.Choose(0, 24) from parts in Gen.ArrayOf(s_pieces, count) select string.Concat(parts);

    [Fact]
    [Clause("TOK-5.6")]
    public void ByteLevelTokenizersGiveTheTextBackAndTheFastWayIsThePlainOne()
    {
        foreach (var name in s_byteLevel)
        {
            var tokenizer = s_tokenizers[name];
            Law.Holds(s_texts, text =>
            {
                var ids = tokenizer.EncodeIds(text);
                // NFC is part of one of them: what comes back is the text that it made.
                var whole = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
                var back = tokenizer.Decode([.. ids]);
                return (back == whole || name == "qwen_style" && tokenizer.EncodeIds(back).SequenceEqual(ids)) && ids.SequenceEqual(tokenizer.Encode(text).Ids);
            }, 50_000);
        }
    }

    [Fact]
    [Clause("TOK-8.4")]
    public void NoTextIsTooStrangeAndStreamsSayTheSame()
    {
        foreach (var name in s_others)
        {
            var tokenizer = s_tokenizers[name];
            Law.Holds(s_texts, text =>
            {
                var encoded = tokenizer.Encode(text, new EncodeOptions { AddSpecialTokens = true });
                var stream = tokenizer.Stream();
                var parts = encoded.Ids.Select(stream.Push).ToList();
                parts.Add(stream.Flush());
                return string.Concat(parts) == tokenizer.Decode([.. encoded.Ids]) && parts.All(p => p.Length == 0 || !char.IsHighSurrogate(p[^1]) && !char.IsLowSurrogate(p[0]))
                    && encoded.Offsets.Zip(encoded.Offsets.Skip(1)).All(p => p.First.End <= p.Second.End || p.Second == default);
            }, 4_000);
        }
    }

    [Fact]
    [Clause("TOK-8.4")]
    public void AStreamOfAnyIdsSaysTheSame()
    {
        foreach (var tokenizer in s_tokenizers.Values)
        {
            Law.Holds(from count in Gen.Choose(0, 20) from ids in Gen.ArrayOf(Gen.Choose(0, tokenizer.VocabSize + 3), count) from skip in Gen.Elements(true, false) select (ids, skip), c =>
            {
                var stream = tokenizer.Stream(c.skip);
                return string.Concat(c.ids.Select(stream.Push)) + stream.Flush() == tokenizer.Decode(c.ids, c.skip);
            }, 500);
        }
    }

    [Fact]
    [Clause("TOK-8.4")]
    public void HalfACharacterWaitsForTheOther()
    {
        var tokenizer = s_tokenizers["qwen_style"];
        var stream = tokenizer.Stream();
        Assert.Equal(["", "", "", "\U0001F9FF"], new[] { 0xF0, 0x9F, 0xA7, 0xBF }.Select(b => stream.Push(tokenizer.TokenToId(ByteToken(b))!.Value)));
        Assert.Equal("", stream.Push(tokenizer.TokenToId(ByteToken(0xE4))!.Value));
        Assert.Equal("\uFFFD", stream.Flush());
    }

    [Theory]
    [Clause("TOK-7.3")]
    [InlineData(false)]
    [InlineData(true)]
    public void TruncationLeavesRoomForWhatIsAdded(bool left)
    {
        var tokenizer = s_tokenizers["gemma_style"];
        Law.Holds(from text in s_texts from most in Gen.Choose(1, 12) select (text, most), c =>
        {
            var whole = tokenizer.EncodeIds(c.text);
            var cut = tokenizer.Encode(c.text, new EncodeOptions { AddSpecialTokens = true, MaxLength = c.most, TruncateLeft = left });
            var kept = left ? whole.TakeLast(c.most - 1) : whole.Take(c.most - 1);
            return cut.Ids.SequenceEqual(kept.Prepend(tokenizer.BosId!.Value)) && cut.Ids.Count == cut.Tokens.Count && cut.Ids.Count == cut.Offsets.Count
                && cut.Ids.SequenceEqual(tokenizer.EncodeIds(c.text, new EncodeOptions { AddSpecialTokens = true, MaxLength = c.most, TruncateLeft = left }));
        });
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Encode("a", new EncodeOptions { AddSpecialTokens = true, MaxLength = 0 }));
        Assert.Empty(tokenizer.EncodeIds("a b", new EncodeOptions { MaxLength = 0 }));
    }

    [Fact]
    public void ManyThreadsGiveTheSame()
    {
        var tokenizer = s_tokenizers["qwen_style"];
        var texts = Enumerable.Range(0, 400).Select(i => $"text {i} of the license, {i * 37} 你好\n").ToList();
        var expected = texts.Select(t => tokenizer.Encode(t).Ids).ToList();
        Parallel.For(0, 4 * texts.Count, i => Assert.Equal(expected[i % texts.Count], tokenizer.EncodeIds(texts[i % texts.Count])));
    }

    [Fact]
    [Clause("TOK-5.5")]
    public void APatternThatNeverEndsIsAFault()
    {
        var tokenizer = Tokenizer.Parse(Encoding.UTF8.GetBytes("""{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"(?:a|a)+b"},"behavior":"Isolated"},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}"""), [], "t");
        Assert.Equal("TOK-5.5", Assert.Throws<UnsupportedDataException>(() => tokenizer.EncodeIds(new string('a', 60))).Clause);
    }

    [Theory]
    [Clause("TOK-2.5"), Clause("TOK-3.2"), Clause("TOK-3.5")]
    [InlineData("TOK-2.5", """{"model":{"type":"BPE","unk_token":"?","vocab":{"a":0},"merges":[]}}""")]
    [InlineData("TOK-3.2", """{"model":{"type":"Unigram","unk_id":null,"vocab":[["a",0]]}}""")]
    [InlineData("TOK-3.5", """{"model":{"type":"WordLevel","unk_token":"?","vocab":{"a":0}}}""")]
    public void WhatIsUnknownNeedsATokenForIt(string clause, string json)
    {
        var tokenizer = Tokenizer.Parse(Encoding.UTF8.GetBytes(json), [], "t");
        Assert.Equal([0], tokenizer.EncodeIds("a"));
        Assert.Equal(clause, Assert.Throws<MalformedDataException>(() => tokenizer.EncodeIds("b")).Clause);
        Assert.Equal(clause, Assert.Throws<MalformedDataException>(() => tokenizer.Encode("b")).Clause);
    }

    [Fact]
    [Clause("TOK-1.1"), Clause("TOK-1.2")]
    public void DamagedFilesCauseNothingButFaults()
    {
        var files = s_tokenizers.Keys.Select(n => File.ReadAllBytes(Repository.Vector("tokenizers", n, "tokenizer.json"))).ToList();
        Law.Holds(from file in Gen.Elements<byte[]>([.. files]) from at in Gen.Choose(0, 3000) from value in Gen.Choose(0, 255) from cut in Gen.Choose(0, 3) select (file, at, value, cut), c =>
        {
            var bytes = c.cut == 0 ? c.file[..c.at] : (byte[])c.file.Clone();
            if (c.cut > 0) { bytes[c.cut == 1 ? c.file.Length - 1 - c.at : c.at] = (byte)c.value; }
            try { _ = Tokenizer.Parse(bytes, [], "t").Encode("a <s> b<|im_end|> 你好 🙂"); }
            catch (DataFormatException) { }
            return true;
        }, 400);
    }

    /// <summary>A byte above 0xAC in the alphabet of GPT-2 is the character of that number; one of 0x7F to 0xA0 comes behind 33 others.</summary>
    static string ByteToken(int value) => ((char)(value is >= 0x7F and <= 0xA0 ? 0x100 + 33 + value - 0x7F : value == 0xAD ? 0x143 : value)).ToString();
}
