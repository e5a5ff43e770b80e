using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Running;

/// <summary>
/// What one thread fills and writes at once: a part of one data range, several whole ranges that lie next to each other, or all of an encoded file.
/// </summary>
/// <param name="File">Index of the file.</param>
/// <param name="Offset">First byte in the file.</param>
/// <param name="Length">Bytes.</param>
/// <param name="FirstRange">Index of the first data range.</param>
/// <param name="Ranges">How many data ranges; where 1, the block may be a part of it.</param>
readonly record struct Block(int File, long Offset, int Length, int FirstRange, int Ranges);

/// <summary>Cuts the data of a layout into blocks, in file order. Pure: the same layout and size give the same blocks.</summary>
static class BlockCutter
{
    internal static List<Block> Cut(CheckpointLayout layout, int blockBytes)
    {
        var blocks = new List<Block>();
        for (var f = 0; f < layout.Files.Count; f++)
        {
            var data = layout.Files[f].Data;
            if (layout.Files[f].Encode is not null)
            {
                blocks.Add(new Block(f, 0, Content(layout.Files[f]), 0, data.Count));
                continue;
            }
            for (var r = 0; r < data.Count;)
            {
                var range = data[r];
                if (range.Length > blockBytes)
                {
                    for (var done = 0L; done < range.Length; done += blockBytes)
                    {
                        blocks.Add(new Block(f, range.Offset + done, (int)Math.Min(blockBytes, range.Length - done), r, 1));
                    }
                    r++;
                    continue;
                }
                var end = range.Offset + range.Length;
                var next = r + 1;
                while (next < data.Count && data[next].Offset == end && end + data[next].Length - range.Offset <= blockBytes) { end += data[next++].Length; }
                if (end > range.Offset) { blocks.Add(new Block(f, range.Offset, (int)(end - range.Offset), r, next - r)); }
                r = next;
            }
        }
        return blocks;
    }

    /// <summary>SHD-9.1: what is encoded is gathered whole.</summary>
    static int Content(FileLayout file) =>
        file.Frames.Count == 0 && file.Data.Count > 0 && file.Length <= FileEncoding.MaxContent
            ? (int)file.Length
            : throw new InvalidOperationException($"{file.Path}: an encoded file of {file.Length} bytes, {file.Data.Count} data ranges and {file.Frames.Count} frames");
}
