using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Ckpt.Formats.Torch;

/// <summary>
/// The 40 digits that torch's writer derives from the record names and checksums (TOR-4.5). Source: PyTorch caffe2/serialize/inline_container.cc
/// writeSerializationId over libstdc++'s unordered_set.
/// </summary>
static class TorchSerializationId
{
    static readonly int[] s_buckets = [1, 13, 29, 59, 127, 257, 541, 1109, 2357, 5087, 10273, 20753, 42043, 85229, 172933, 351061, 712697, 1447153, 2938679];

    internal static string Of(IReadOnlyList<string> names, IReadOnlyList<uint> checksums)
    {
        ulong ofNames = 0;
        foreach (var hash in IterationOrder(names)) { ofNames = Combine(ofNames, hash); }
        ulong ofData = 0;
        foreach (var checksum in checksums) { ofData = Combine(ofData, checksum); }
        return ofNames.ToString("D20", CultureInfo.InvariantCulture) + ofData.ToString("D20", CultureInfo.InvariantCulture);
    }

    static ulong Combine(ulong seed, ulong value) => seed ^ unchecked(value + 0x9E3779B9 + (seed << 6) + (seed >> 2));

    /// <summary>
    /// The hashes in the order in which libstdc++ walks its hash set: one list; into an empty bucket a node goes to the head of the list,
    /// into another before the first of its bucket; growing inserts all anew in the old order.
    /// </summary>
    static List<ulong> IterationOrder(IReadOnlyList<string> names)
    {
        var size = 0;
        var list = new LinkedList<ulong>();
        var firsts = new Dictionary<ulong, LinkedListNode<ulong>>();
        foreach (var name in names)
        {
            if (list.Count + 1 > s_buckets[size] && size + 1 < s_buckets.Length)
            {
                size++;
                var old = list;
                (list, firsts) = (new LinkedList<ulong>(), []);
                foreach (var hash in old) { Insert(hash); }
            }
            Insert(Hash(Encoding.UTF8.GetBytes(name)));
        }
        return [.. list];

        void Insert(ulong hash)
        {
            var bucket = hash % (ulong)s_buckets[size];
            firsts[bucket] = firsts.TryGetValue(bucket, out var first) ? list.AddBefore(first, hash) : list.AddFirst(hash);
        }
    }

    /// <summary>libstdc++'s std::hash of a string: MurmurHash64A with seed 0xC70F6907.</summary>
    static ulong Hash(ReadOnlySpan<byte> key)
    {
        const ulong M = 0xC6A4A7935BD1E995;
        unchecked
        {
            var hash = 0xC70F6907UL ^ ((ulong)key.Length * M);
            while (key.Length >= 8)
            {
                hash = (hash ^ (Shift(BinaryPrimitives.ReadUInt64LittleEndian(key) * M) * M)) * M;
                key = key[8..];
            }
            if (key.Length > 0)
            {
                ulong rest = 0;
                for (var i = key.Length - 1; i >= 0; i--) { rest = (rest << 8) | key[i]; }
                hash = (hash ^ rest) * M;
            }
            return Shift(Shift(hash) * M);
        }

        static ulong Shift(ulong value) => value ^ (value >> 47);
    }
}
