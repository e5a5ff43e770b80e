using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Elements;

namespace Ckpt.Sharding.Running;

/// <summary>Copies parts of a matrix that the two sides keep in different orders: some rows of the source at a time are gathered into a tile, cast, and written as columns.</summary>
sealed class TileTransposer(SourceWindow window)
{
    /// <summary>So many elements of a column are a cache line or more of every type.</summary>
    const int Rows = 32;

    /// <summary>Bytes of a row in the tile. Rows lie a little further apart: at powers of two they would share few cache sets.</summary>
    const int RowBytes = 4096;

    const int Pitch = RowBytes + 64;

    byte[]? _tile;

    /// <summary>Copies rows of the window's source to columns.</summary>
    /// <param name="from">The source's element type.</param>
    /// <param name="source">Byte of the first element; neighbours of a row follow it.</param>
    /// <param name="rowStep">Bytes between rows.</param>
    /// <param name="rows">How many.</param>
    /// <param name="columns">Elements of each.</param>
    /// <param name="to">The target's element type.</param>
    /// <param name="target">From the first element on; neighbours of a column follow it.</param>
    /// <param name="columnStep">Bytes between columns.</param>
    internal void Copy(DType from, long source, long rowStep, int rows, int columns, DType to, Span<byte> target, int columnStep)
    {
        var tile = _tile ??= GC.AllocateUninitializedArray<byte>(Rows * Pitch);
        var wide = Math.Min(RowBytes / Math.Max(from.ByteSize(), to.ByteSize()), window.Capacity / from.ByteSize());
        for (var c = 0; c < columns; c += wide)
        {
            var count = Math.Min(wide, columns - c);
            for (var r = 0; r < rows; r += Rows)
            {
                var some = Math.Min(Rows, rows - r);
                for (var i = 0; i < some; i++)
                {
                    var bytes = window.ReadShort(source + ((r + i) * rowStep) + ((long)c * from.ByteSize()), count * from.ByteSize());
                    var row = tile.AsSpan(i * Pitch, count * to.ByteSize());
                    if (from == to) { bytes.CopyTo(row); } else { ElementCast.Cast(from, bytes, to, row); }
                }
                Transposition.Columns(tile, Pitch, to.ByteSize(), some, count, target[((c * columnStep) + (r * to.ByteSize()))..], columnStep);
            }
        }
    }
}
