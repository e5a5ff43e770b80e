using System.Security.Cryptography;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Zarr;
using Ckpt.Kit;
using Ckpt.PropertyTests.Torch;

namespace Ckpt.PropertyTests.Zarr;

/// <summary>Opens zarr as far as it can be opened: every element of every array, every object, the common state.</summary>
static class ZarrVectors
{
    internal static void Open(string path)
    {
        using ICheckpointReader reader = File.Exists(Path.Combine(path, "metadata.json")) ? MegatronZarrReader.Open(path) : ZarrReader.Open(path);
        ReadAll(reader);
    }

    internal static void ReadAll(ICheckpointReader reader)
    {
        _ = reader.Describe();
        foreach (var tensor in reader.Tensors)
        {
            // A gigabyte of nothing is not worth reading; the first byte of each box shows whether it can be.
            if (tensor.ByteLength < 1 << 20) { TensorAssembler.ReadWhole(reader, tensor); }
            else
            {
                for (var box = 0; box < tensor.Boxes.Count; box++) { reader.Locate(tensor, box).Source.ReadExactly(0, new byte[1]); }
            }
        }
        if (reader is not IMegatronReader megatron) { return; }
        foreach (var item in reader.Objects) { TorchVectors.LocateAll(megatron.OpenObject(item.Name)); }
    }

    internal static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>A copy of a vector that a test may change.</summary>
    internal static string Copy(TemporaryFolder folder, params string[] vector)
    {
        var from = Repository.Vector(["zarr", .. vector]);
        var to = folder[vector[^1]];
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var path = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Copy(file, path);
        }
        return to;
    }

    internal static ZarrReader OpenArray(string name) => ZarrReader.Open(Repository.Vector("zarr", "arrays", name));
}
