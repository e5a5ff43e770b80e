using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Ckpt.Models.Opening;

namespace Ckpt.PropertyTests.Dcp;

/// <summary>Opens a checkpoint of torch's as far as it can be: names as Megatron has them where it is one, every box, every object, the common state.</summary>
static class DcpVectors
{
    internal static void Open(string path)
    {
        using var reader = ModelFormats.Open(path);
        _ = reader.Describe();
        foreach (var tensor in reader.Tensors)
        {
            if (tensor.ByteLength < 1 << 20) { TensorAssembler.ReadWhole(reader, tensor); }
        }
        if (reader is TorchDistReader torch)
        {
            foreach (var item in torch.Objects) { _ = torch.ReadObject(item.Name); }
        }
        if (reader is Ckpt.Formats.Megatron.IMegatronReader megatron)
        {
            _ = megatron.Common;
            foreach (var item in megatron.Objects) { _ = megatron.ReadObject(item.Name); }
        }
    }
}
