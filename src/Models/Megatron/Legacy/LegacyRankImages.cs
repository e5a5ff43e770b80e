using Ckpt.Formats.LegacyTorch;
using Ckpt.Formats.Torch;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>
/// The images of a checkpoint's files. Ranks whose tensors have the same names, types and shapes share one: the files of a stage differ in elements
/// only, and there are as many files as ranks.
/// </summary>
sealed class LegacyRankImages(PickleDict shared, IReadOnlyList<ReadOnlyMemory<byte>> sharedStorages)
{
    readonly Dictionary<LegacyImageTensor[][], LegacyRankImage> _images = new(new SameTensors());

    /// <summary>The image for a rank's tensors and its own entries; with such entries it is shared with no other rank.</summary>
    internal LegacyRankImage Of(LegacyImageTensor[][] chunks, LegacyOwnEntries? own)
    {
        if (own is not null) { return new LegacyRankImage(shared, chunks, own, sharedStorages); }
        if (_images.TryGetValue(chunks, out var image)) { return image; }
        image = new LegacyRankImage(shared, chunks, own, sharedStorages);
        _images.Add(chunks, image);
        return image;
    }

    sealed class SameTensors : IEqualityComparer<LegacyImageTensor[][]>
    {
        public bool Equals(LegacyImageTensor[][]? x, LegacyImageTensor[][]? y)
        {
            if (x is null || y is null || x.Length != y.Length) { return x == y; }
            for (var i = 0; i < x.Length; i++)
            {
                if (!x[i].AsSpan().SequenceEqual(y[i])) { return false; }
            }
            return true;
        }

        public int GetHashCode(LegacyImageTensor[][] obj)
        {
            var hash = new HashCode();
            foreach (var chunk in obj)
            {
                hash.Add(chunk.Length);
                foreach (var tensor in chunk) { hash.Add(tensor.Name, StringComparer.Ordinal); }
            }
            return hash.ToHashCode();
        }
    }
}
