using System.Globalization;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Formats.LegacyTorch;

/// <summary>
/// A rank's file as torch.save writes it, all but the elements of its model's tensors: their storages are the first, numbered as they come,
/// those of the rank's own state follow. Laid out when asked and let go, as a checkpoint has many files.
/// </summary>
public sealed class LegacyRankImage
{
    const string Stem = "model_optim_rng";

    readonly PickleDict _shared;
    readonly IReadOnlyList<IReadOnlyList<LegacyImageTensor>> _chunks;
    readonly LegacyOwnEntries? _own;
    readonly Func<string, ReadOnlyMemory<byte>> _sharedStorage;
    readonly List<ReadOnlyMemory<byte>> _ownStorages = [];
    TorchArchiveLayout? _layout;

    /// <summary>The image of a file.</summary>
    /// <param name="shared">What every rank has alike.</param>
    /// <param name="chunks">The tensors of its virtual stages; one stage is the entry <c>model</c>, several are <c>model0</c>, <c>model1</c>, …</param>
    /// <param name="own">What the rank has of its own.</param>
    /// <param name="sharedStorages">The storages of tensors in <paramref name="shared"/>, by key 0, 1, …</param>
    public LegacyRankImage(PickleDict shared, IReadOnlyList<IReadOnlyList<LegacyImageTensor>> chunks, LegacyOwnEntries? own, IReadOnlyList<ReadOnlyMemory<byte>> sharedStorages)
    {
        (_shared, _chunks, _own) = (shared, chunks, own);
        _sharedStorage = key => int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < sharedStorages.Count
            ? sharedStorages[number] : throw new ArgumentException($"no storage {key} among {sharedStorages.Count}", nameof(sharedStorages));
        Layout();
    }

    /// <summary>The storages behind those of the model's tensors.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> OwnStorages => _ownStorages;

    /// <summary>Where everything lies.</summary>
    public TorchArchiveLayout Layout()
    {
        if (_layout is { } made) { return made; }
        var lengths = new List<long>();
        foreach (var tensor in _chunks.SelectMany(static chunk => chunk)) { lengths.Add(tensor.DType.ByteLength(tensor.Shape.Count)); }
        var pickle = Pickle(lengths.Count);
        lengths.AddRange(_ownStorages.Select(static storage => (long)storage.Length));
        return _layout = new TorchArchiveLayout(Stem, pickle, lengths, TorchEra.From27);
    }

    /// <summary>Lets go of what <see cref="Layout"/> made; it is made again when asked.</summary>
    public void Forget() => _layout = null;

    /// <summary>What every rank has, the model, then whatever else names storages: torch numbers them as it meets them.</summary>
    byte[] Pickle(int modelStorages)
    {
        var (root, names) = (new PickleDict(), new TorchNames());
        var late = _shared.Items.FindAll(static item => References(item.Value).Any());
        root.Items.AddRange(_shared.Items.Except(late));
        var key = 0;
        for (var i = 0; i < _chunks.Count; i++)
        {
            // A state dict is an OrderedDict.
            var model = new PickleObject(PickleConstruction.Reduce, new PickleGlobal("collections", "OrderedDict"), PickleTuple.Empty);
            foreach (var tensor in _chunks[i])
            {
                model.DictItems.Add(new(new PickleString(tensor.Name), TorchTensor.Node(tensor.DType, tensor.Shape, Text(key++), names)));
            }
            root.Add(_chunks.Count == 1 ? "model" : "model" + Text(i), model);
        }
        root.Items.AddRange(late);
        root.Items.AddRange(_own?.Entries.Items ?? []);
        _ownStorages.Clear();
        var storages = new Dictionary<PicklePersistentId, Func<string, ReadOnlyMemory<byte>>>(ReferenceEqualityComparer.Instance);
        foreach (var reference in late.SelectMany(static item => References(item.Value))) { storages[reference] = _sharedStorage; }
        if (_own is { } own)
        {
            foreach (var reference in References(own.Entries)) { storages[reference] = own.Storage; }
        }
        var keys = new Dictionary<(Func<string, ReadOnlyMemory<byte>>, string), string>();
        return PickleWriter.Write(root, 2, reference => storages.TryGetValue(reference, out var storage) ? Renamed(reference, storage, keys, modelStorages, names) : reference.Id);
    }

    static IEnumerable<PicklePersistentId> References(PickleNode node) => PickleGraph.Nodes(node).OfType<PicklePersistentId>();

    PickleNode Renamed(
        PicklePersistentId reference, Func<string, ReadOnlyMemory<byte>> storage, Dictionary<(Func<string, ReadOnlyMemory<byte>>, string), string> keys, int first, TorchNames names)
    {
        if (reference.Id is not PickleTuple { Items: { Count: >= 5 } id } || id[2] is not PickleString old) { return reference.Id; }
        if (!keys.TryGetValue((storage, old.Value), out var key))
        {
            keys.Add((storage, old.Value), key = Text(first + keys.Count));
            _ownStorages.Add(storage(old.Value));
        }
        return new PickleTuple([names.Storage, id[1], new PickleString(key), names.Cpu, id[4]]);
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
