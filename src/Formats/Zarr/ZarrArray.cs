using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Zarr;

/// <summary>What a <c>.zarray</c> or <c>zarr.json</c> says of an array.</summary>
/// <param name="Version">2 or 3.</param>
/// <param name="Shape">The whole; of 2^59 bytes at most.</param>
/// <param name="ChunkShape">One chunk; of 2^59 bytes at most.</param>
/// <param name="DType">The elements.</param>
/// <param name="Keys">Names of the chunk files.</param>
/// <param name="Pipeline">How a chunk becomes bytes.</param>
/// <param name="Fill">The element that chunks which are not there consist of, little-endian; null where nothing says.</param>
sealed record ZarrArray(int Version, Shape Shape, Shape ChunkShape, DType DType, ZarrChunkKeys Keys, ZarrPipeline Pipeline, byte[]? Fill)
{
    internal const string V2Name = ".zarray";
    internal const string V3Name = "zarr.json";

    /// <summary>Chunks along each axis.</summary>
    internal long[] Grid()
    {
        var grid = new long[Shape.Rank];
        for (var axis = 0; axis < grid.Length; axis++) { grid[axis] = Shape[axis] == 0 ? 0 : ((Shape[axis] - 1) / ChunkShape[axis]) + 1; }
        return grid;
    }
}
