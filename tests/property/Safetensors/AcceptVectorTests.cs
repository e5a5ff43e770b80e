using System.Text.Json;
using Ckpt.Formats.IO;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Safetensors;

/// <summary>Every file that must be read, and what it must say.</summary>
public sealed class AcceptVectorTests
{
    public static TheoryData<string> Vectors =>
        [.. Directory.EnumerateFiles(Repository.Vector("safetensors", "accept"), "*.hex").Select(p => Path.GetFileNameWithoutExtension(p)!).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Vectors)), Clause("SFT-2.13"), Clause("SFT-2.14"), Clause("SFT-3.7"), Clause("SFT-3.8")]
    public void EveryAcceptVectorSaysWhatIsExpected(string name)
    {
        var bytes = HexFile.Read(Repository.Vector("safetensors", "accept", name + ".hex"));
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Repository.Vector("safetensors", "accept", name + ".json")));
        var root = expected.RootElement;

        var header = SafetensorsReader.ReadHeader(new MemoryByteSource(name, bytes));

        var wanted = root.GetProperty("tensors").EnumerateArray().Select(t => (
            t.GetProperty("name").GetString(), t.GetProperty("dtype").GetString(), new Shape([.. t.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64())]),
            t.GetProperty("begin").GetInt64(), t.GetProperty("end").GetInt64()));
        Assert.Equal(wanted, header.Tensors.Select(t => ((string?)t.Name, t.DType.SafetensorsName(), t.Shape, t.Begin, t.End)));
        Assert.Equal(root.GetProperty("metadata").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!), header.Metadata.ToDictionary());
        Assert.Equal(header.Metadata.Keys.Order(StringComparer.Ordinal), header.Metadata.Keys);
        Assert.Equal(root.GetProperty("warnings").GetInt32(), header.Warnings.Count);
        Assert.Equal(BitConverter.ToInt64(bytes), header.DataOffset - 8);
    }
}
