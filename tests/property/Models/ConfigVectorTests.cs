using System.Text;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Configs;
using Xunit;

namespace Ckpt.PropertyTests.Models;

/// <summary>Files of real models, and what they say by hand; broken files, each named by the clause it breaks.</summary>
public class ConfigVectorTests
{
    const string Expected = ".expected.json";

    public static TheoryData<string> Accepted() => [.. Directory.GetFiles(Repository.Vector("config", "accept"), "*" + Expected).Select(path => Path.GetFileName(path)[..^Expected.Length]).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Accepted)), Clause("CFG-7.1"), Clause("CFG-7.3"), Clause("CFG-7.4"), Clause("CFG-7.6"), Clause("CFG-3.1"), Clause("CFG-3.2"), Clause("CFG-3.3")]
    public void AConfigOfEitherEraSaysWhatWasReadFromItByHand(string name)
    {
        var model = Read(name).Model;
        var said = new JsonObject
        {
            ["TieWordEmbeddings"] = model.TieWordEmbeddings,
            ["AttentionBias"] = model.AttentionBias,
            ["OutputBias"] = model.OutputBias,
            ["MlpBias"] = model.MlpBias,
            ["QkNorm"] = model.QkNorm,
            ["Experts"] = model.Experts,
            ["TopK"] = model.TopK,
            ["MoeFfn"] = model.MoeFfn,
            ["NormTopkProb"] = model.NormTopkProb,
            ["MoeLayers"] = new JsonArray([.. Enumerable.Range(0, model.Layers).Where(model.IsMoeLayer).Select(layer => (JsonNode)layer)]),
            ["RopeScaling"] = model.RopeScaling?.DeepClone(),
            ["QuantMethod"] = model.QuantMethod,
            ["IsBaseModel"] = model.IsBaseModel,
            ["ModelType"] = model.ModelType,
            ["Layers"] = model.Layers,
            ["Hidden"] = model.Hidden,
            ["Heads"] = model.Heads,
            ["KvGroups"] = model.KvGroups,
            ["HeadDim"] = model.HeadDim,
            ["Ffn"] = model.Ffn,
            ["VocabSize"] = model.VocabSize,
            ["NormEps"] = model.NormEps,
            ["RopeTheta"] = model.RopeTheta,
            ["MaxPositions"] = model.MaxPositions,
            ["TorchDType"] = model.TorchDType?.TorchName(),
            ["SharedFfn"] = model.SharedFfn,
            ["ScoreFunction"] = model.ScoreFunction,
            ["RouterGroups"] = model.RouterGroups,
            ["RouterGroupTopK"] = model.RouterGroupTopK,
            ["RoutedScaling"] = model.RoutedScaling,
            ["HeadBias"] = model.HeadBias,
            ["HiddenAct"] = model.HiddenAct,
            ["RopeLocalTheta"] = model.RopeLocalTheta,
            ["PartialRotary"] = model.PartialRotary,
            ["NoRopeLayers"] = Numbers(model.NoRopeLayers),
            ["SlidingWindow"] = model.SlidingWindow,
            ["SlidingLayers"] = Numbers(model.SlidingLayers),
        };
        // Said of the models that have them.
        if (model.Mla is { } mla) { said["Mla"] = new JsonArray(mla.QueryLora, mla.KvLora, mla.Nope, mla.Rope, mla.Value); }
        if (model.DeltaNet is { } net) { said["DeltaNet"] = new JsonArray(net.KeyHeads, net.ValueHeads, net.KeyDim, net.ValueDim, net.ConvKernel, Numbers(net.Layers)); }
        if (model.MtpLayers is { } further) { said["MtpLayers"] = further; }
        var expected = JsonNode.Parse(File.ReadAllBytes(Repository.Vector("config", "accept", name + Expected)))!.AsObject();
        foreach (var (key, value) in said) { Assert.True(JsonNode.DeepEquals(expected[key], value), $"{key}: {value?.ToJsonString() ?? "null"}, expected {expected[key]?.ToJsonString() ?? "null"}"); }
        Assert.Equal(expected.Count, said.Count);
    }

    static JsonArray Numbers(IReadOnlySet<int> layers) => [.. layers.Order().Select(layer => (JsonNode)layer)];

    [Theory, MemberData(nameof(Accepted)), Clause("CFG-1.1")]
    public void AConfigKeepsEveryKeyInItsPlace(string name)
    {
        var config = Read(name);
        var file = JsonNode.Parse(File.ReadAllBytes(Repository.Vector("config", "accept", name + ".json")))!.AsObject();
        var written = JsonNode.Parse(config.ToUtf8())!.AsObject();
        Assert.Equal(file.Select(entry => entry.Key), written.Select(entry => entry.Key));
        Assert.True(JsonNode.DeepEquals(file, written));
        Assert.Equal((byte)'\n', config.ToUtf8()[^1]);
    }

    [Theory, MemberData(nameof(Accepted)), Clause("CFG-1.1"), Clause("CFG-1.4")]
    public void AConfigWithAnyByteChangedOrCutOffIsReadOrRefused(string name)
    {
        var bytes = File.ReadAllBytes(Repository.Vector("config", "accept", name + ".json"));
        // Every fifth byte, from another start in each file, to keep the test short.
        for (var i = name.Length % 5; i < bytes.Length; i += 5)
        {
            Survives(bytes[..i]);
            foreach (var value in "\"{0-\\"u8)
            {
                var changed = (byte[])bytes.Clone();
                changed[i] = value;
                Survives(changed);
            }
        }

        static void Survives(byte[] bytes)
        {
            try { _ = HfConfig.Parse(bytes, "changed"); }
            catch (CheckpointException) { }
        }
    }

    [Fact, Clause("CFG-1.2")]
    public void AnUnknownFamilyIsNamedWithTheNearest()
    {
        var error = Assert.Throws<UnsupportedCheckpointException>(() => HfConfig.Parse(Encoding.UTF8.GetBytes("""{"model_type": "qwen3x"}"""), "config.json"));
        Assert.Contains("\"qwen3x\"", error.Message, StringComparison.Ordinal);
        Assert.Contains("nearest is qwen3 [", error.Message, StringComparison.Ordinal);
        Assert.Contains("llama, qwen2, qwen3, qwen3_moe", error.Message, StringComparison.Ordinal);
    }

    internal static HfConfig Read(string name) => HfConfig.Parse(File.ReadAllBytes(Repository.Vector("config", "accept", name + ".json")), name);
}
