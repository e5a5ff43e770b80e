using System.Security.Cryptography;
using System.Text.Json;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Torch;

/// <summary>Files that real torch saved, 2.6 and 2.14: what is in them, and that written again they are the same bytes.</summary>
public sealed class TorchAcceptTests
{
    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(Repository.Vector("torch", "accept"), "*.pt").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Files))]
    [Clause("TOR-5.1"), Clause("TOR-5.2"), Clause("TOR-3.5"), Clause("TOR-6.1"), Clause("TOR-6.2")]
    public void EveryTensorIsWhatTorchSaved(string name)
    {
        var file = Open(name);
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Repository.Vector("torch", "accept", name + ".json")));

        foreach (var wanted in expected.RootElement.GetProperty("tensors").EnumerateArray())
        {
            var tensor = file.Tensor(Follow(file.Root, wanted.GetProperty("path").EnumerateArray().Select(step => step.GetString()!)));
            Assert.Equal(wanted.GetProperty("dtype").GetString(), "torch." + tensor.DType.TorchName());
            Assert.Equal(wanted.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()), tensor.Shape.ToArray());
            var bytes = TensorAssembler.ReadPayload(file.Locate(tensor), tensor.Shape, tensor.DType);
            Assert.Equal(wanted.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }
    }

    [Theory, MemberData(nameof(Files))]
    [Clause("TOR-1.11"), Clause("TOR-2.1"), Clause("TOR-4.1"), Clause("TOR-4.2"), Clause("TOR-4.3"), Clause("TOR-4.5")]
    public void WrittenAgainItIsTheSameBytes(string name)
    {
        // Python's zipfile made the first two: nothing of torch's layout is in them. The third is no zip, and is not written.
        if (name.Split('-')[^1] is "deflated" or "unpadded" or "sequence") { return; }
        var file = Open(name);
        var era = name.StartsWith("torch2.6", StringComparison.Ordinal) ? TorchEra.UpTo26 : TorchEra.From27;

        Assert.Equal(File.ReadAllBytes(Repository.Vector("torch", "accept", name + ".pt")), TorchSave.ToBytes(file.Root, file.Archive.Folder, file.ReadStorages(), era));
    }

    [Fact, Clause("TOR-5.7")]
    public void ObjectsAreSaidForPeople()
    {
        var said = PickleJson.Say(Open("torch2.14-objects").Root)!.AsArray();

        // A key that is a tuple makes it a list of pairs.
        var byKey = said.Take(said.Count - 1).ToDictionary(pair => pair![0]!.GetValue<string>(), pair => pair![1]?.ToJsonString());
        Assert.Equal("""{"layers":2,"dtype":"torch.bfloat16","lr":0.0001,"name":"\u00E9","nothing":null,"big":"1208925819614629174706176","flags":[true,false]}""", byKey["args"]);
        Assert.Equal("[2,3]", byKey["size"]);
        Assert.Equal("\"cuda:1\"", byKey["device"]);
        Assert.Equal("\"/a/b\"", byKey["path"]);
        Assert.Equal("""{"x":1,"y":[1,2,3,4]}""", byKey["od"]);
        Assert.Equal("""{"0":"zero","1":"one"}""", byKey["ints"]);
        Assert.Equal("[1]", byKey["set"]);
        Assert.Equal("""{"tensor":{"dtype":"float32","shape":[6,4]}}""", PickleJson.Say(Follow(Open("torch2.6-kinds").Root, ["strided"]))!.ToJsonString());
    }

    static TorchFile Open(string name) => TorchFile.Open(new MemoryByteSource(name, File.ReadAllBytes(Repository.Vector("torch", "accept", name + ".pt"))));

    static PickleNode Follow(PickleNode node, IEnumerable<string> path)
    {
        foreach (var step in path)
        {
            node = node switch
            {
                PickleDict dict => dict.Find(step)!,
                PickleList list => list.Items[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)],
                PickleObject made => made.DictItems.Single(item => item.Key is PickleString key && key.Value == step).Value,
                _ => throw new InvalidOperationException($"no step {step}"),
            };
        }
        return node;
    }
}
