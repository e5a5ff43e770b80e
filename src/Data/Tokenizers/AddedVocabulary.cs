using Ckpt.Data.Tokenizers.Models;
using Ckpt.Data.Tokenizers.Normalizing;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers;

/// <summary>The added tokens, with the ids that the reference gives them (TOK-6.3), and what finds them.</summary>
sealed class AddedVocabulary
{
    readonly Dictionary<string, int> _ids = [];
    readonly Dictionary<int, AddedToken> _byId = [];
    readonly HashSet<string> _special = [];
    readonly AddedTokenMatcher _raw;
    readonly AddedTokenMatcher _normalized;

    /// <summary>Adds tokens, in the order of the file, to a model's; <paramref name="tokens"/> carry the ids of the file, which are not used.</summary>
    internal AddedVocabulary(IReadOnlyList<AddedToken> tokens, ModelVocabulary model, INormalizer? normalizer)
    {
        var plain = new List<string>();
        var isPlain = new HashSet<string>();
        var special = new List<string>();
        var latest = new Dictionary<string, AddedToken>();
        var last = -1;
        foreach (var token in tokens)
        {
            if (token.Content.Length == 0) { continue; }
            if (token.Special && _special.Add(token.Content)) { special.Add(token.Content); }
            var id = model.Id(token.Content);
            if (_ids.TryGetValue(token.Content, out var known)) { id = known; }
            // A token that the model does not know gets the next id; those it knows count as added too.
            if (id < 0) { id = last >= model.Count || model.Count == 0 ? last + 1 : model.Count; }
            last = Math.Max(last, id);
            _ids[token.Content] = id;
            _byId[id] = token with { Id = id };
            if (!_special.Contains(token.Content) && isPlain.Add(token.Content)) { plain.Add(token.Content); }
            latest[token.Content] = token with { Id = id };
        }
        var inOrder = special.Concat(plain).Select(content => latest[content]).ToList();
        _raw = new AddedTokenMatcher(inOrder.Where(t => !t.Normalized).Select(t => (t, t.Content)));
        _normalized = new AddedTokenMatcher(inOrder.Where(t => t.Normalized).Select(t => (t, normalizer?.Normalize(AlignedText.Of(t.Content, 0)).Text ?? t.Content)));
        All = [.. _byId.Values.OrderBy(t => t.Id)];
        NotInModel = _ids.Keys.Count(content => model.Id(content) < 0);
    }

    /// <summary>All of them, by id.</summary>
    internal IReadOnlyList<AddedToken> All { get; }

    /// <summary>How many the model does not know.</summary>
    internal int NotInModel { get; }

    /// <summary>Whether any is looked for after the normalizers.</summary>
    internal bool HasNormalized => !_normalized.IsEmpty;

    /// <summary>The id of a token, or −1.</summary>
    internal int Id(string content) => _ids.TryGetValue(content, out var id) ? id : -1;

    /// <summary>The token of an id, or null.</summary>
    internal string? Token(int id) => _byId.TryGetValue(id, out var token) ? token.Content : null;

    /// <summary>Whether a token's text is that of a special token.</summary>
    internal bool IsSpecial(string content) => _special.Contains(content);

    /// <summary>Splits off the tokens that are looked for before the normalizers.</summary>
    internal void SplitRaw(Piece piece, bool specialAsText, List<Piece> into) => _raw.Split(piece, specialAsText, into);

    /// <summary>Splits off those that are looked for after them.</summary>
    internal void SplitNormalized(Piece piece, bool specialAsText, List<Piece> into) => _normalized.Split(piece, specialAsText, into);
}
