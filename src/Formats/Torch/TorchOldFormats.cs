using Ckpt.Formats.IO;

namespace Ckpt.Formats.Torch;

/// <summary>Recognises what torch.save wrote before it wrote zip files.</summary>
static class TorchOldFormats
{
    // The pickle of the int 0x1950a86a20f9469cfc6c: torch/serialization.py MAGIC_NUMBER.
    static ReadOnlySpan<byte> Magic => [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, (byte)'.'];

    /// <summary>Whether a file is of torch before 1.6: pickles one after another, then the storages (TOR-6.1).</summary>
    internal static bool IsSequence(IByteSource source)
    {
        Span<byte> head = stackalloc byte[(int)Math.Min(source.Length, 2 + Magic.Length)];
        source.ReadExactly(0, head);
        return head.Length == 2 + Magic.Length && head[0] == 0x80 && head[2..].SequenceEqual(Magic);
    }

    internal static void RefuseTar(IByteSource source)
    {
        Span<byte> head = stackalloc byte[(int)Math.Min(source.Length, 262)];
        source.ReadExactly(0, head);
        if (head.Length == 262 && head[257..].SequenceEqual("ustar"u8))
        {
            throw new UnsupportedCheckpointException(
                "TOR-3.1", source.Name, "the tar file format of torch before 0.1.10; load and save it once with a newer torch");
        }
    }
}
