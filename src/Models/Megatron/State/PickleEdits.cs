using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Ckpt.Formats;
using Ckpt.Formats.Torch;

namespace Ckpt.Models.Megatron.State;

/// <summary>Changed copies of values; what is not changed is shared with the original.</summary>
static class PickleEdits
{
    const int Deepest = 100;

    /// <summary>The dict with an entry set: in its place where there is one, else at the end.</summary>
    internal static PickleDict With(this PickleDict dict, string key, PickleNode value)
    {
        var copy = new PickleDict();
        var set = false;
        foreach (var item in dict.Items)
        {
            if (item.Key is PickleString text && text.Value == key)
            {
                if (!set) { copy.Items.Add(new(item.Key, value)); }
                set = true;
            }
            else { copy.Items.Add(item); }
        }
        return set ? copy : copy.Add(key, value);
    }

    /// <summary>The dict without entries of these keys.</summary>
    internal static PickleDict Without(this PickleDict dict, params ReadOnlySpan<string> keys)
    {
        var copy = new PickleDict();
        foreach (var item in dict.Items)
        {
            if (item.Key is not PickleString text || !keys.Contains(text.Value)) { copy.Items.Add(item); }
        }
        return copy;
    }

    /// <summary>A list of these.</summary>
    internal static PickleList List(IEnumerable<PickleNode> items)
    {
        var list = new PickleList();
        list.Items.AddRange(items);
        return list;
    }

    /// <summary>The value with its tensors' storages added to those of a file it joins.</summary>
    /// <param name="node">A value of <paramref name="file"/>.</param>
    /// <param name="file">The file it is in.</param>
    /// <param name="storages">Those of the file it joins, by key 0, 1, …; those that its tensors use are added.</param>
    /// <param name="where">For messages.</param>
    /// <exception cref="UnsupportedCheckpointException">STA-4.8: it is nested very deeply.</exception>
    internal static PickleNode TakeStorages(PickleNode node, TorchFile file, List<ReadOnlyMemory<byte>> storages, string where)
    {
        var numbers = new Dictionary<string, PickleString>(StringComparer.Ordinal);
        return Copy(node, where, 0, new Dictionary<PickleNode, PickleNode>(ReferenceEqualityComparer.Instance), key =>
        {
            if (!numbers.TryGetValue(key, out var number))
            {
                numbers.Add(key, number = new PickleString(storages.Count.ToString(CultureInfo.InvariantCulture)));
                storages.Add(file.Storages.Read(key));
            }
            return number;
        });
    }

    static PickleNode Copy(PickleNode node, string where, int depth, Dictionary<PickleNode, PickleNode> done, Func<string, PickleString> key)
    {
        if (done.TryGetValue(node, out var made)) { return made; }
        if (depth > Deepest) { Throw.Deep(where); }
        switch (node)
        {
            case PickleList list:
                var items = new PickleList();
                done.Add(node, items);
                items.Items.AddRange(list.Items.Select(Inner));
                return items;
            case PickleDict dict:
                var entries = new PickleDict();
                done.Add(node, entries);
                entries.Items.AddRange(dict.Items.Select(item => KeyValuePair.Create(Inner(item.Key), Inner(item.Value))));
                return entries;
            case PickleTuple tuple:
                made = tuple.Items.Count == 0 ? tuple : new PickleTuple([.. tuple.Items.Select(Inner)]);
                break;
            case PicklePersistentId { Id: PickleTuple { Items: [var kind, var type, PickleString storage, var device, var count, ..] } }:
                // What files of torch before 1.6 say besides, a view of a storage, is nothing where storages are numbered.
                made = new PicklePersistentId(new PickleTuple([kind, type, key(storage.Value), device, count]));
                break;
            case PickleObject item:
                var copy = new PickleObject(item.Construction, item.Callable, Inner(item.Args), item.KeywordArgs is null ? null : Inner(item.KeywordArgs));
                copy.States.AddRange(item.States.Select(Inner));
                copy.ListItems.AddRange(item.ListItems.Select(Inner));
                copy.DictItems.AddRange(item.DictItems.Select(entry => KeyValuePair.Create(Inner(entry.Key), Inner(entry.Value))));
                made = copy;
                break;
            default: return node;
        }
        done[node] = made;
        return made;

        PickleNode Inner(PickleNode inner) => Copy(inner, where, depth + 1, done, key);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Deep(string where) => throw new UnsupportedCheckpointException(
            "STA-4.8", where, $"values are nested more than {Deepest} deep");
    }
}
