using Ckpt.Models.Families;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Bridge;

/// <summary>Collects the tensors of one side by pattern, then names them all in order: layer by layer, and in a layer expert by expert.</summary>
sealed class SideLayout(Func<LayerGroup, int> layersOf, int experts)
{
    readonly List<Entry> _entries = [];
    readonly Dictionary<string, Entry> _byPattern = [];

    /// <summary>Says that a pattern is there; where it has a layer, in those layers.</summary>
    internal void Add(NamePattern pattern, MappedTensor tensor, Predicate<int> inLayer)
    {
        if (!_byPattern.TryGetValue(pattern.Text, out var entry))
        {
            entry = new Entry(pattern, new MappedTensor?[Layers(pattern)], new int[Layers(pattern) * (pattern.HasExpert ? experts : 1)]);
            _byPattern.Add(pattern.Text, entry);
            _entries.Add(entry);
        }
        for (var layer = 0; layer < entry.Tensors.Length; layer++)
        {
            if (!pattern.HasLayer || inLayer(layer)) { entry.Tensors[layer] = tensor; }
        }
    }

    /// <summary>Puts the patterns in order of a rank, keeping that of equal ones.</summary>
    internal void Sort(Func<string, int> rank)
    {
        var sorted = _entries.OrderBy(entry => rank(entry.Pattern.Text)).ToArray();
        _entries.Clear();
        _entries.AddRange(sorted);
    }

    /// <summary>Names every tensor; from here on <see cref="Index"/> answers.</summary>
    internal List<MappedTensor> Emit()
    {
        var tensors = new List<MappedTensor>();
        for (var start = 0; start < _entries.Count;)
        {
            var group = _entries[start].Pattern.Group;
            var end = RunEnd(start, entry => entry.Pattern.HasLayer && entry.Pattern.Group == group);
            for (var layer = 0; layer < Layers(_entries[start].Pattern); layer++) { EmitLayer(start, end, layer, tensors); }
            start = end;
        }
        return tensors;
    }

    /// <summary>Where a tensor is in what <see cref="Emit"/> gave.</summary>
    internal int Index(NamePattern pattern, int layer, int expert)
    {
        var entry = _byPattern[pattern.Text];
        return entry.Index[((pattern.HasLayer ? layer : 0) * (pattern.HasExpert ? experts : 1)) + (pattern.HasExpert ? expert : 0)];
    }

    void EmitLayer(int first, int last, int layer, List<MappedTensor> tensors)
    {
        for (var start = first; start < last;)
        {
            var end = Math.Min(last, RunEnd(start, entry => entry.Pattern.HasExpert));
            var width = _entries[start].Pattern.HasExpert ? experts : 1;
            for (var expert = 0; expert < width; expert++)
            {
                for (var i = start; i < end; i++)
                {
                    if (_entries[i].Tensors[layer] is not { } tensor) { continue; }
                    _entries[i].Index[(layer * width) + expert] = tensors.Count;
                    tensors.Add(tensor with { Name = _entries[i].Pattern.Name(layer, expert) });
                }
            }
            start = end;
        }
    }

    int Layers(NamePattern pattern) => pattern.HasLayer ? layersOf(pattern.Group) : 1;

    // A run is entries that agree with the first on a property; those without it are runs of one where order allows.
    int RunEnd(int start, Func<Entry, bool> property)
    {
        var end = start + 1;
        while (end < _entries.Count && property(_entries[start]) && property(_entries[end])) { end++; }
        return end;
    }

    sealed record Entry(NamePattern Pattern, MappedTensor?[] Tensors, int[] Index);
}
