using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Ckpt.PropertyTests.Torch;

namespace Ckpt.PropertyTests.TorchDist;

/// <summary>Opens a checkpoint as far as it can be opened: the index, the common state, every box of every tensor, every object.</summary>
static class TorchDistVectors
{
    internal static void Open(string path)
    {
        using var reader = TorchDistReader.Open(path);
        _ = reader.Describe();
        foreach (var tensor in reader.Tensors)
        {
            // A gigabyte of nothing is not worth reading: the index has said that it is there.
            if (tensor.ByteLength < 1 << 20) { TensorAssembler.ReadWhole(reader, tensor); }
        }
        foreach (var item in reader.Objects) { TorchVectors.LocateAll(reader.OpenObject(item.Name)); }
    }
}
