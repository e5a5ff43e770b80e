using System.Runtime.InteropServices;
using Ckpt.Formats.IO;

namespace Ckpt.Bench;

/// <summary>Endless noise that is the same at the same place: finite bfloat16 numbers of both signs around 0.01.</summary>
sealed class NoiseSource(ulong seed) : IByteSource
{
    public string Name => "noise";

    public long Length => long.MaxValue;

    public void ReadExactly(long offset, Span<byte> destination)
    {
        var words = MemoryMarshal.Cast<byte, ushort>(destination);
        var at = (ulong)offset / 2;
        for (var i = 0; i < words.Length; i++)
        {
            var bits = (at + (ulong)i + seed) * 0x9E3779B97F4A7C15;
            bits = (bits ^ (bits >> 29)) * 0xBF58476D1CE4E5B9;
            words[i] = (ushort)(0x3C00 | ((bits >> 40) & 0x80FF));
        }
    }
}
