using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats.IO;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Formats.TorchDist;

/// <summary>
/// A thing that is written beside tensors (Megatron's ShardedObject): the bytes of its torch.save stream, whose length is known before they are
/// made. What makes them may be asked more than once.
/// </summary>
/// <param name="Name">The entry's name, <c>rng_state/shard_0.0_1.1</c>.</param>
/// <param name="Length">Bytes of the stream.</param>
/// <param name="Make">Gives them.</param>
public sealed record ObjectTarget(string Name, int Length, Func<byte[]> Make)
{
    /// <summary>A value, which Megatron stores as the only element of a list.</summary>
    /// <param name="name">The entry's name.</param>
    /// <param name="value">The value.</param>
    /// <param name="storages">The storages of tensors in it, by key 0, 1, …</param>
    public static ObjectTarget Of(string name, PickleNode value, IReadOnlyList<ReadOnlyMemory<byte>>? storages = null)
    {
        var list = new PickleList();
        list.Items.Add(value);
        var bytes = TorchSave.ToBytes(list, "archive", storages);
        return new ObjectTarget(name, bytes.Length, () => bytes);
    }

    /// <summary>
    /// An object of an opened checkpoint: from torch_dist its own bytes, read when they are written; from other formats, which put no list
    /// around it, the same value anew.
    /// </summary>
    /// <exception cref="UnsupportedCheckpointException">TDC-4.10: it is longer than can be held.</exception>
    public static ObjectTarget Stored(IMegatronReader reader, ObjectInfo item)
    {
        if (reader.Format != "torch_dist")
        {
            var file = reader.OpenObject(item.Name);
            return Of(item.Name, reader.ReadObject(item.Name), file.ReadStorages());
        }
        if (item.Length > Array.MaxLength) { Throw.TooLong(item); }
        return new ObjectTarget(item.Name, (int)item.Length, () => Bytes(reader.OpenObject(item.Name).Archive.Source));
    }

    static byte[] Bytes(IByteSource source)
    {
        var bytes = new byte[source.Length];
        source.ReadExactly(0, bytes);
        return bytes;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void TooLong(ObjectInfo item) => throw new UnsupportedCheckpointException(
            "TDC-4.10", item.Name, $"has {item.Length} bytes; objects of up to {Array.MaxLength} are carried");
    }
}
