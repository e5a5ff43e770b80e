using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Quantised;

namespace Ckpt.Models.Quantisation;

/// <summary>Finds MXFP4 as gpt_oss stores it: blocks [experts, out, groups, 16] of two codes a byte, scales [experts, out, groups].</summary>
static class MxFloat4Tensors
{
    const string BlocksSuffix = "_blocks";
    const int GroupBytes = 16;
    const int GroupSize = 32;

    internal static List<QuantisedTensor> Find(QuantConfig config, TensorsByName tensors)
    {
        var found = new List<QuantisedTensor>();
        foreach (var blocks in tensors.All)
        {
            if (!blocks.Name.EndsWith(BlocksSuffix, StringComparison.Ordinal)) { continue; }
            var name = blocks.Name[..^BlocksSuffix.Length];
            var scale = TensorsByName.Typed(tensors.Get(name + "_scales", blocks), DType.U8, DType.F8E8M0);
            var dims = TensorsByName.Matrix(TensorsByName.Typed(blocks, DType.U8)).Shape.Dims;
            if (dims.Length < 3 || dims[^1] != GroupBytes) { Throw.BlocksShape(blocks); }
            var groups = dims[^2];
            var shape = new Shape([.. dims[..^2], groups * GroupSize]);
            var grid = TensorsByName.Grid(config, blocks, shape, scale, Float8Tensors.Blocks(shape, 1, GroupSize));
            // The rest of the model expects what convert_moe_packed_tensors gives: [experts, in, out].
            found.Add(new QuantisedTensor(name, shape, blocks, CodeTable.Float4, groups * GroupBytes, scale, grid) { IsTransposed = true });
        }
        return found;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void BlocksShape(TensorInfo blocks) => throw new MalformedCheckpointException(
            "QNT-1.5", blocks.Name, $"is of shape {blocks.Shape}, allowed is [experts, out, groups, {GroupBytes}]");
    }
}
