namespace Ckpt.Data.Tokenizers.Text;

/// <summary>Words by their units.</summary>
sealed class CharTrie
{
    internal const int Root = 0;

    readonly Dictionary<long, int> _steps = [];
    readonly List<int> _values = [-1];

    /// <summary>Adds a word; of one that is there the value becomes this.</summary>
    internal void Add(string word, int value)
    {
        var node = Root;
        foreach (var unit in word)
        {
            var key = Key(node, unit);
            if (!_steps.TryGetValue(key, out var next))
            {
                next = _values.Count;
                _values.Add(-1);
                _steps.Add(key, next);
            }
            node = next;
        }
        _values[node] = value;
    }

    /// <summary>The node behind a unit, or −1.</summary>
    internal int Step(int node, char unit) => _steps.TryGetValue(Key(node, unit), out var next) ? next : -1;

    /// <summary>The value of the word that ends here, or −1.</summary>
    internal int Value(int node) => _values[node];

    static long Key(int node, char unit) => ((long)node << 16) | unit;
}
