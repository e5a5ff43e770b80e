using Ckpt.Formats.IO;

namespace Ckpt.Formats.Torch;

/// <summary>Writes small torch.save files whole, byte for byte as torch does.</summary>
public static class TorchSave
{
    /// <summary>The file of an object.</summary>
    /// <param name="root">The object; its tensors name their storages by the keys 0, 1, … (<see cref="TorchTensor.Node"/>).</param>
    /// <param name="stem">The archive's folder: the file's name without its last extension, or <c>archive</c>.</param>
    /// <param name="storages">The storages, by key; null for none.</param>
    /// <param name="era">Whose records and order.</param>
    public static byte[] ToBytes(PickleNode root, string stem, IReadOnlyList<ReadOnlyMemory<byte>>? storages = null, TorchEra era = TorchEra.From27)
    {
        storages ??= [];
        var layout = new TorchArchiveLayout(stem, PickleWriter.Write(root, 2), [.. storages.Select(storage => (long)storage.Length)], era);
        var bytes = new byte[layout.Length];
        var checksums = new uint[storages.Count];
        for (var place = 0; place < storages.Count; place++)
        {
            var storage = storages[layout.Order[place]].Span;
            checksums[place] = Crc32.Of(storage);
            storage.CopyTo(bytes.AsSpan((int)layout.DataOffset(place)));
            var after = layout.DataOffset(place) + storage.Length;
            if (place + 1 < storages.Count) { layout.Between(place, checksums[place]).CopyTo(bytes, after); }
        }
        layout.Head().CopyTo(bytes, 0);
        layout.Tail(checksums).CopyTo(bytes, layout.Length - layout.TailLength);
        return bytes;
    }
}
