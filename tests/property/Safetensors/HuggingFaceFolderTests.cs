using System.Text.Json.Nodes;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Safetensors;

/// <summary>The folders that transformers wrote are read, and written again byte for byte.</summary>
public sealed class HuggingFaceFolderTests
{
    public static TheoryData<string> Models => ["llama", "llama-tied", "qwen2", "qwen2-untied", "qwen3", "qwen3-tied", "qwen3_moe"];

    [Theory, MemberData(nameof(Models)), Clause("SFT-4.9"), Clause("SFT-4.10"), Clause("SFT-4.12"), Clause("SFT-3.7"), Clause("SFT-6.1"), Clause("SFT-6.2")]
    public void EveryFileIsWrittenAgainByteForByte(string model)
    {
        using var reader = SafetensorsReader.Open(Repository.Vector("hf", model));
        Assert.Empty(reader.Warnings);
        for (var file = 0; file < reader.Files.Count; file++)
        {
            var tensors = reader.Tensors.Where(t => t.Boxes[0].File == file).Reverse().ToList();
            var layout = new SafetensorsWriter().LayOut([.. tensors.Select(Target)]);
            var made = LayoutFiller.Fill(layout, (tensor, _) => Bytes(reader, tensors[tensor])).Single();
            Assert.Equal(File.ReadAllBytes(Path.Combine(reader.Path, reader.Files[file].Path)), made.Value);
        }
    }

    [Fact, Clause("SFT-4.11"), Clause("SFT-4.12"), Clause("SFT-4.13")]
    public void AFolderOfThreeFilesIsWrittenAgainByteForByte()
    {
        using var reader = SafetensorsReader.Open(Repository.Vector("hf", "qwen2-untied"));
        // transformers was told 150KB and emits a layer's largest tensors first.
        var tensors = reader.Tensors.OrderBy(t => t.Boxes[0].File).ThenByDescending(t => t.ByteLength).ToList();
        var layout = new SafetensorsWriter(new SafetensorsWriterOptions { MaxShardBytes = 150_000 }).LayOut([.. tensors.Select(Target)]);
        var made = LayoutFiller.Fill(layout, (tensor, _) => Bytes(reader, tensors[tensor]));
        Assert.Equal([.. reader.Files.Select(f => f.Path), "model.safetensors.index.json"], made.Select(f => f.Key));
        foreach (var (path, bytes) in made) { Assert.Equal(File.ReadAllBytes(Path.Combine(reader.Path, path)), bytes); }
    }

    [Fact]
    public void DescribeGivesTheMetadataOfEachFile()
    {
        using var reader = SafetensorsReader.Open(Repository.Vector("hf", "qwen2-untied"));
        var files = Assert.IsType<JsonArray>(reader.Describe()["files"]);
        Assert.Equal([("model-00001-of-00003.safetensors", "pt"), ("model-00002-of-00003.safetensors", "pt"), ("model-00003-of-00003.safetensors", "pt")],
            files.Select(f => ((string)f!["path"]!, (string)f["metadata"]!["format"]!)));
        Assert.Equal([22, 28, 1], files.Select(f => (int)f!["tensors"]!));
    }

    static TensorTarget Target(TensorInfo tensor) => TensorTarget.Whole(tensor.Name, tensor.DType, tensor.Shape);

    static byte[] Bytes(SafetensorsReader reader, TensorInfo tensor)
    {
        var payload = reader.Locate(tensor, 0);
        var bytes = new byte[tensor.ByteLength];
        payload.Source.ReadExactly(payload.Offset, bytes);
        return bytes;
    }
}
