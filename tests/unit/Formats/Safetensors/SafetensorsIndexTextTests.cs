using System.Text;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Formats.Safetensors;

public sealed class SafetensorsIndexTextTests
{
    [Theory, InlineData("qwen2-untied"), InlineData("qwen3_moe"), Clause("SFT-4.13")]
    public void AnIndexOfTransformersIsSaidAgainByteForByte(string model)
    {
        using var reader = SafetensorsReader.Open(Repository.Vector("hf", model));
        var tensors = reader.Tensors.Reverse().ToList();
        var text = SafetensorsIndexText.Of(
            [.. tensors.Select(t => TensorTarget.Whole(t.Name, t.DType, t.Shape))], [.. tensors.Select(t => reader.Files[t.Boxes[0].File].Path)], tensors.Sum(t => t.ByteLength), new SafetensorsWriterOptions());
        Assert.Equal(File.ReadAllBytes(Repository.Vector("hf", model, "model.safetensors.index.json")), text);
    }

    [Fact, Clause("SFT-4.13")]
    public void NamesAreEscapedAndOrderedAsPythonDoes()
    {
        // Printed by Python: json.dumps({…}, indent=2, sort_keys=True)
        const string Expected = """
            {
              "metadata": {
                "total_parameters": 4,
                "total_size": 4
              },
              "weight_map": {
                "a\"\\/\n\b\f\r\t\u0001\u007f": "f",
                "\u00e9": "f",
                "\uffff": "f",
                "\ud83d\ude00": "f"
              }
            }

            """;
        string[] names = ["😀", "\uffff", "é", "a\"\\/\n\b\f\r\t\u0001\u007f"];
        var text = SafetensorsIndexText.Of([.. names.Select(n => TensorTarget.Whole(n, DType.U8, new Shape(1)))], ["f", "f", "f", "f"], 4, new SafetensorsWriterOptions());
        Assert.Equal(Expected, Encoding.UTF8.GetString(text));
    }

    [Fact]
    public void AnIndexOfNothingIsStillJson() =>
        Assert.Equal("{\n  \"metadata\": {\n    \"total_parameters\": 0,\n    \"total_size\": 0\n  },\n  \"weight_map\": {}\n}\n", Encoding.UTF8.GetString(SafetensorsIndexText.Of([], [], 0, new SafetensorsWriterOptions())));
}
