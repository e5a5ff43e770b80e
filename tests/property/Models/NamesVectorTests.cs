using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Models.Megatron;
using Ckpt.Sharding.Maps;
using Xunit;

namespace Ckpt.PropertyTests.Models;

/// <summary>Maps beside checkpoints that Megatron-core wrote.</summary>
public class NamesVectorTests
{
    public static TheoryData<string> Checkpoints() => [.. Directory.GetFiles(Repository.Vector("names")).Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> WithArguments() => [.. Directory.GetFiles(Repository.Vector("args")).Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Checkpoints)), Clause("NAM-1.10"), Clause("NAM-6.2")]
    public void TheMapHasTheCheckpointsNamesShapesAndSources(string name)
    {
        var (checkpoint, config) = Read(name);
        var shapes = Shapes(checkpoint);
        var map = BridgeCompiler.Compile(config.Family, config.Model, MegatronNames.Options(config.Family, config.Model, shapes, name));
        CheckRight(map, checkpoint, shapes);
    }

    [Theory, MemberData(nameof(Checkpoints)), Clause("NAM-1.10"), Clause("NAM-2.3")]
    public void WithoutLookingTheMapHasTheNamesMegatronWrites(string name)
    {
        var (checkpoint, config) = Read(name);
        var padded = VocabPadding.Swift(config.Model.VocabSize, checkpoint["layout"]!["tp"]!.GetValue<int>());
        var map = BridgeCompiler.Compile(config.Family, config.Model, new BridgeOptions { PaddedVocab = padded });
        CheckRight(map, checkpoint, Shapes(checkpoint));
    }

    [Theory, MemberData(nameof(WithArguments)), Clause("CFG-5.6"), Clause("CFG-5.5")]
    public void AConfigRebuiltFromTheArgumentsMakesTheCheckpoint(string name)
    {
        var (checkpoint, original) = Read(name);
        var shapes = Shapes(checkpoint);
        var rebuilt = HfConfigFromArgs.Rebuild(Common(name), shapes, name);
        var config = HfConfig.Parse(rebuilt.Config, "rebuilt");
        CheckRight(BridgeCompiler.Compile(config.Family, config.Model, MegatronNames.Options(config.Family, config.Model, shapes, name)), checkpoint, shapes);
        Assert.All(rebuilt.Config, entry => Assert.Contains(rebuilt.Sources, source => source.StartsWith(entry.Key + " is ", StringComparison.Ordinal)));
        // What the model computes; the width of dense layers means nothing to a model that has none, and Megatron forgets it.
        Assert.Equal(Computed(original.Model), Computed(config.Model));
    }

    static string Computed(ModelConfig model) => (model with { IsOfTransformers5 = false, RopeScaling = null, MlpOnlyLayers = new HashSet<int>(), Architectures = [], Ffn = model.IsMoe ? 0 : model.Ffn }).ToString()
        .Replace(nameof(HashSet<int>), "", StringComparison.Ordinal);

    static void CheckRight(TensorMap map, JsonObject checkpoint, Dictionary<string, Shape> shapes)
    {
        Assert.Equal(shapes.OrderBy(entry => entry.Key, StringComparer.Ordinal), map.Right.Tensors.Select(tensor => KeyValuePair.Create(tensor.Name, tensor.Shape)).OrderBy(entry => entry.Key, StringComparer.Ordinal));
        var linked = map.Links.ToLookup(link => map.Right.Tensors[link.Right].Name, link => map.Left.Tensors[link.Left].Name);
        foreach (var (name, tensor) in checkpoint["tensors"]!.AsObject())
        {
            Assert.Equal(tensor!["hf"]!.AsArray().Select(node => node!.GetValue<string>()).Order(StringComparer.Ordinal), linked[name].Distinct().Order(StringComparer.Ordinal));
        }
    }

    static (JsonObject Checkpoint, HfConfig Config) Read(string name)
    {
        var checkpoint = JsonNode.Parse(File.ReadAllBytes(Repository.Vector("names", name + ".json")))!.AsObject();
        return (checkpoint, ConfigVectorTests.Read("tiny-" + checkpoint["model"]!.GetValue<string>()));
    }

    static Dictionary<string, Shape> Shapes(JsonObject checkpoint) => checkpoint["tensors"]!.AsObject()
        .ToDictionary(entry => entry.Key, entry => new Shape([.. entry.Value!["shape"]!.AsArray().Select(node => node!.GetValue<long>())]));

    static PickleDict Common(string name)
    {
        var made = new PickleObject(PickleConstruction.NewObject, new PickleGlobal("argparse", "Namespace"), PickleTuple.Empty);
        made.States.Add(Value(JsonDocument.Parse(File.ReadAllBytes(Repository.Vector("args", name + ".json"))).RootElement));
        return new PickleDict().Add("args", made);
    }

    static PickleNode Value(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var dict = new PickleDict();
                foreach (var property in element.EnumerateObject()) { dict.Add(property.Name, Value(property.Value)); }
                return dict;
            case JsonValueKind.Array:
                var list = new PickleList();
                list.Items.AddRange(element.EnumerateArray().Select(Value));
                return list;
            case JsonValueKind.String: return new PickleString(element.GetString()!);
            case JsonValueKind.Number: return element.TryGetInt64(out var whole) ? new PickleInt(whole) : new PickleFloat(element.GetDouble());
            case JsonValueKind.True or JsonValueKind.False: return new PickleBool(element.GetBoolean());
            default: return PickleNone.Instance;
        }
    }
}
