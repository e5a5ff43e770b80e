using Ckpt.Formats.IO;
using Ckpt.Formats.LegacyTorch;
using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>Lays out a rank's file: where each stretch lies, and the bytes of the archive around them. Pure.</summary>
sealed class LegacyRankLayout
{
    readonly List<DataRange> _data = [];
    readonly List<Frame> _frames = [];
    readonly List<Storage> _storages = [];
    readonly LegacyRankImage _image;
    readonly bool _isShared;

    LegacyRankLayout(LegacyRankImage image, bool isShared) => (_image, _isShared) = (image, isShared);

    /// <summary>What the checksum of a storage is made of: ranges by their numbers in the file (with their lengths), and zeros.</summary>
    sealed record Storage(IReadOnlyList<(int Range, long Bytes)> Parts, uint Checksum);

    internal static FileLayout Of(string path, LegacyRankDraft draft, LegacyRankImages images, LegacyOwnEntries? own)
    {
        var chunks = draft.Chunks;
        var image = images.Of([.. chunks.Select(static chunk => chunk.Select(static t => new LegacyImageTensor(t.Name, t.DType, t.Shape())).ToArray())], own);
        var layout = new LegacyRankLayout(image, isShared: own is null);
        layout.Fill([.. chunks.SelectMany(static chunk => chunk)]);
        var length = image.Layout().Length;
        layout.Forget();
        return new FileLayout(path, length, layout._data, layout._frames);
    }

    void Fill(IReadOnlyList<LegacyStoredDraft> tensors)
    {
        var archive = _image.Layout();
        if (archive.Order.Count == 0)
        {
            AddFrame(0, archive.Length, _ => _image.Layout().Head());
            return;
        }
        AddFrame(0, archive.DataOffset(0), _ => _image.Layout().Head());
        for (var place = 0; place < archive.Order.Count; place++)
        {
            var at = archive.DataOffset(place);
            var storage = place < tensors.Count ? Stretches(tensors[place], at) : OwnStorage(_image.OwnStorages[place - tensors.Count], at);
            _storages.Add(storage);
            at += archive.DataLength(place);
            var (number, last) = (place, place + 1 == archive.Order.Count);
            if (last) { AddFrame(at, archive.TailLength, Tail); }
            else { AddFrame(at, archive.DataOffset(place + 1) - at, sums => _image.Layout().Between(number, Checksum(_storages[number], sums))); }
        }
    }

    Storage Stretches(LegacyStoredDraft tensor, long at)
    {
        var parts = new List<(int, long)>(tensor.Stretches.Count);
        foreach (var (_, stretch) in tensor.Stretches.OrderBy(static s => s.Place))
        {
            if (stretch.Bytes == 0) { continue; }
            if (stretch.Target < 0)
            {
                var zeros = stretch.Bytes;
                AddFrame(at, zeros, _ => new byte[zeros]);
                parts.Add((-1, zeros));
            }
            else
            {
                parts.Add((_data.Count, stretch.Bytes));
                _data.Add(new DataRange(at, stretch.Bytes, stretch.Target, stretch.Box) { Order = stretch.Order, Joined = stretch.Joined, JoinAxis = stretch.JoinAxis });
            }
            at += stretch.Bytes;
        }
        return new Storage(parts, 0);
    }

    Storage OwnStorage(ReadOnlyMemory<byte> bytes, long at)
    {
        if (bytes.Length > 0) { AddFrame(at, bytes.Length, _ => bytes.ToArray()); }
        return new Storage([], Crc32.Of(bytes.Span));
    }

    byte[] Tail(IReadOnlyList<uint> sums)
    {
        var tail = _image.Layout().Tail([.. _storages.Select(storage => Checksum(storage, sums))]);
        Forget();
        return tail;
    }

    static uint Checksum(Storage storage, IReadOnlyList<uint> sums)
    {
        var sum = storage.Checksum;
        var length = 0L;
        foreach (var (range, bytes) in storage.Parts)
        {
            var part = range < 0 ? Crc32.Of(new byte[bytes]) : sums[range];
            sum = length == 0 ? part : Crc32.Combine(sum, part, bytes);
            length += bytes;
        }
        return sum;
    }

    /// <summary>What the next file of the same image asks for again is kept; there are few of those.</summary>
    void Forget()
    {
        if (!_isShared) { _image.Forget(); }
    }

    void AddFrame(long offset, long length, Func<IReadOnlyList<uint>, byte[]> make) => _frames.Add(Frame.OfAll(offset, checked((int)length), make));
}
