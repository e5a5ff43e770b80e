namespace Ckpt.Data.Tokenizers.Models;

/// <summary>Tokens and their ids, both ways.</summary>
sealed class ModelVocabulary
{
    readonly Dictionary<string, int> _ids;
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idsBySpan;
    readonly string?[] _dense;
    readonly Dictionary<int, string> _sparse = [];

    internal ModelVocabulary(Dictionary<string, int> ids, IEnumerable<KeyValuePair<int, string>> tokens)
    {
        _ids = ids;
        _idsBySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        // Ids far beyond the number of tokens must not cost memory.
        var all = tokens as IReadOnlyCollection<KeyValuePair<int, string>> ?? [.. tokens];
        _dense = new string?[Math.Min((long)all.Count * 2, all.Count == 0 ? 0 : all.Max(t => t.Key) + 1L)];
        foreach (var (id, token) in all)
        {
            if (id < _dense.Length) { _dense[id] = token; }
            else { _sparse[id] = token; }
        }
        Count = all.Count;
    }

    /// <summary>How many tokens there are.</summary>
    internal int Count { get; }

    internal IEnumerable<KeyValuePair<string, int>> Ids => _ids;

    /// <summary>The id of a token, or −1.</summary>
    internal int Id(ReadOnlySpan<char> token) => _idsBySpan.TryGetValue(token, out var id) ? id : -1;

    /// <summary>The token of an id, or null.</summary>
    internal string? Token(int id) => (uint)id < (uint)_dense.Length ? _dense[id] : _sparse.GetValueOrDefault(id);
}
