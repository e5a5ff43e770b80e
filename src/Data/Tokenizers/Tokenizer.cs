using System.Diagnostics.CodeAnalysis;
using Ckpt.Data.Tokenizers.Decoding;
using Ckpt.Data.Tokenizers.Parsing;
using Ckpt.Data.Tokenizers.Pipeline;
using Ckpt.Data.Tokenizers.Processing;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers;

/// <summary>
/// Turns text into token ids and back, as the Hugging Face tokenizers library 0.23 does with the same tokenizer.json. Immutable, and for
/// any number of threads.
/// </summary>
public sealed class Tokenizer
{
    readonly TokenizerParts _parts;
    readonly PlainEncoder _plain;
    readonly ByteLevelEncoder? _fast;

    internal Tokenizer(TokenizerParts parts, TokenizerConfig config)
    {
        _parts = parts;
        Config = config;
        _plain = new PlainEncoder(parts);
        _fast = ByteLevelEncoder.For(parts);
    }

    /// <summary>What the files beside tokenizer.json say.</summary>
    public TokenizerConfig Config { get; }

    /// <summary>How many tokens there are, with the added ones.</summary>
    public int VocabSize => _parts.Model.Vocabulary.Count + _parts.Added.NotInModel;

    /// <summary>How many tokens the model has, without the added ones.</summary>
    public int ModelVocabSize => _parts.Model.Vocabulary.Count;

    /// <summary>The tokens that are looked for in the text itself, by id.</summary>
    public IReadOnlyList<AddedToken> AddedTokens => _parts.Added.All;

    /// <summary>The id of the token that begins a text, or null.</summary>
    public int? BosId => IdOf(Config.Special.Bos);

    /// <summary>The id of the token that ends a text, or null.</summary>
    public int? EosId => IdOf(Config.Special.Eos);

    /// <summary>The id of the token that fills a text up, or null.</summary>
    public int? PadId => IdOf(Config.Special.Pad);

    /// <summary>The id of the token for what is not known, or null.</summary>
    public int? UnkId => IdOf(Config.Special.Unk);

    /// <summary>The chat template that is used without asking, or null.</summary>
    public string? ChatTemplate => Config.ChatTemplates.GetValueOrDefault("default");

    /// <summary>Loads tokenizer.json and what stands beside it.</summary>
    /// <param name="folderOrFile">A model's folder, or its tokenizer.json.</param>
    public static Tokenizer Load(string folderOrFile) => TokenizerFolder.Load(folderOrFile);

    /// <summary>Parses the bytes of tokenizer.json and of tokenizer_config.json, which may be empty.</summary>
    /// <param name="tokenizerJson">UTF-8.</param>
    /// <param name="tokenizerConfigJson">UTF-8, or nothing.</param>
    /// <param name="where">The first file's name, for messages.</param>
    public static Tokenizer Parse(ReadOnlySpan<byte> tokenizerJson, ReadOnlySpan<byte> tokenizerConfigJson, string where) =>
        new(TokenizerParser.Parse(tokenizerJson, where), TokenizerConfigParser.Parse(tokenizerConfigJson, "tokenizer_config.json"));

    /// <summary>The id of a token, or null.</summary>
    public int? TokenToId(string token) =>
        _parts.Added.Id(token) is >= 0 and var added ? added : _parts.Model.Vocabulary.Id(token) is >= 0 and var id ? id : null;

    /// <summary>The token of an id, or null.</summary>
    public string? IdToToken(int id) => _parts.Added.Token(id) ?? _parts.Model.Vocabulary.Token(id);

    /// <summary>Whether the id is that of a special token.</summary>
    public bool IsSpecial(int id) => IdToToken(id) is { } token && _parts.Added.IsSpecial(token);

    /// <summary>The tokens of a text, with the part of it that each covers. Half of a surrogate pair is read as U+FFFD.</summary>
    public TokenEncoding Encode(string text, EncodeOptions options = default)
    {
        text = CodePoints.Repair(text);
        var tokens = _plain.Encode(text, options.SpecialAsText);
        var (first, count) = Kept(tokens.Count, options);
        var kept = tokens.GetRange(first, count);
        var offsets = _plain.Offsets(text, kept);
        var (before, after) = Around(options);
        return new TokenEncoding(
            [.. before.Select(p => p.Id), .. kept.Select(t => t.Id), .. after.Select(p => p.Id)],
            [.. before.Select(p => p.Token), .. kept.Select(t => t.Text), .. after.Select(p => p.Token)],
            [.. before.Select(_ => default(TokenOffset)), .. offsets, .. after.Select(_ => default(TokenOffset))]);
    }

    /// <summary>Adds the ids of a text to a list: what <see cref="Encode"/> gives, without the rest.</summary>
    public void EncodeIds(ReadOnlySpan<char> text, List<int> into, EncodeOptions options = default)
    {
        var repaired = CodePoints.Repair(text.ToString());
        var (before, after) = Around(options);
        foreach (var piece in before) { into.Add(piece.Id); }
        var start = into.Count;
        if (_fast is not null) { _fast.Encode(repaired, options.SpecialAsText, into); }
        else { into.AddRange(_plain.Encode(repaired, options.SpecialAsText).Select(static t => t.Id)); }
        var (first, count) = Kept(into.Count - start, options);
        into.RemoveRange(start + first + count, into.Count - start - first - count);
        into.RemoveRange(start, first);
        foreach (var piece in after) { into.Add(piece.Id); }
    }

    /// <summary>The ids of a text.</summary>
    public IReadOnlyList<int> EncodeIds(ReadOnlySpan<char> text, EncodeOptions options = default)
    {
        var ids = new List<int>(text.Length / 3);
        EncodeIds(text, ids, options);
        return ids;
    }

    /// <summary>The text of ids. An id that stands for no token is left out, as the reference does.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = false)
    {
        var decoder = Stream(skipSpecial);
        foreach (var id in ids) { decoder.Add(id); }
        return decoder.Flush();
    }

    /// <summary>Starts a decoding that gives text as ids come.</summary>
    public StreamingDecoder Stream(bool skipSpecial = false)
    {
        var sink = new TextSink();
        return new StreamingDecoder(this, skipSpecial, _parts.Decoder.Start(sink), sink);
    }

    int? IdOf(string? token) => token is null ? null : TokenToId(token);

    (IReadOnlyList<SpecialPiece> Before, IReadOnlyList<SpecialPiece> After) Around(EncodeOptions options) =>
        options.AddSpecialTokens ? (_parts.PostProcessor.Before, _parts.PostProcessor.After) : ([], []);

    /// <summary>Which tokens of the text are left by truncation (TOK-7.3).</summary>
    (int First, int Count) Kept(int count, EncodeOptions options)
    {
        if (options.MaxLength is not { } most) { return (0, count); }
        var room = most - (options.AddSpecialTokens ? _parts.PostProcessor.Added : 0);
        if (room < 0) { Throw.NoRoom(most, _parts.PostProcessor.Added); }
        return count <= room ? (0, count) : (options.TruncateLeft ? count - room : 0, room);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoRoom(int maxLength, int added) => throw new ArgumentOutOfRangeException(
            nameof(maxLength), maxLength, $"the {added} tokens that are added need room");
    }
}
