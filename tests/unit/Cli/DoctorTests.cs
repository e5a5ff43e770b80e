using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Ckpt.Cli.Commands;
using Ckpt.Formats.Safetensors;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Cli;

/// <summary>Whole checkpoints, broken in one way each.</summary>
public sealed class DoctorTests
{
    const string Index = "model.safetensors.index.json";
    const string Second = "model-00002-of-00003.safetensors";

    [Theory, Clause("VFY-3.1")]
    [InlineData("hf", "llama")]
    [InlineData("hf", "qwen2-untied")]
    [InlineData("torch_dist", "llama-tp2pp1")]
    [InlineData("torch_dist", "qwen3_moe-ep2")]
    public void AWholeCheckpointHasNothingBroken(string kind, string name)
    {
        var run = Run(Repository.Vector(kind, name), "--deep");
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.DoesNotContain("broken:", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("warning:", run.Out, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> BrokenModels => new()
    {
        { "shard is missing", "is named by the index" },
        { "shard is cut short", Second },
        { "shard is no safetensors", Second },
        { "two are broken", "model-00003-of-00003.safetensors" },
        { "index is stale", "entries are not where it says" },
        { "index lacks a tensor", "are not in it" },
        { "index is no JSON", "is no JSON" },
        { "index is missing", "3 shards and no index" },
    };

    [Theory, MemberData(nameof(BrokenModels)), Clause("VFY-3.1")]
    public void ABrokenModelIsFound(string fault, string says)
    {
        using var folder = new TemporaryFolder();
        Break(Copy(folder, "hf", "qwen2-untied"), fault);
        var run = Run(folder["qwen2-untied"]);
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("broken: ", run.Out, StringComparison.Ordinal);
        Assert.Contains(says, run.Out, StringComparison.Ordinal);
        if (fault == "two are broken") { Assert.Contains(Second, run.Out, StringComparison.Ordinal); }
    }

    [Theory, Clause("VFY-3.3")]
    [InlineData("index is stale")]
    [InlineData("index lacks a tensor")]
    [InlineData("index is missing")]
    [InlineData("total_size is wrong")]
    public void AnIndexIsMadeAnew(string fault)
    {
        using var folder = new TemporaryFolder();
        var model = Copy(folder, "hf", "qwen2-untied");
        Break(model, fault);
        var index = Path.Combine(model, Index);
        var before = File.Exists(index) ? File.ReadAllText(index) : null;
        var run = Run(model, "--fix");
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Contains("repaired: ", run.Out, StringComparison.Ordinal);
        var (fixedIndex, real) = (JsonNode.Parse(File.ReadAllText(index))!, JsonNode.Parse(File.ReadAllText(Repository.Vector("hf", "qwen2-untied", Index)))!);
        Assert.True(JsonNode.DeepEquals(real["weight_map"], fixedIndex["weight_map"]));
        Assert.Equal((long)real["metadata"]!["total_size"]!, (long)fixedIndex["metadata"]!["total_size"]!);
        Assert.Equal(before, before is null ? null : File.ReadAllText(index + ".bak"));
        using var reader = SafetensorsReader.Open(model);
        Assert.Empty(reader.Warnings);
    }

    [Fact, Clause("VFY-3.2"), Clause("VFY-3.3")]
    public void AFormatEntryIsWrittenWhereTheHeaderHasRoom()
    {
        using var folder = new TemporaryFolder();
        var (roomy, tight) = (folder["roomy.safetensors"], folder["tight.safetensors"]);
        File.WriteAllBytes(roomy, Plain(spaces: 40));
        File.WriteAllBytes(tight, Plain(spaces: 1));
        foreach (var file in new[] { roomy, tight })
        {
            var run = Run(file, "--json");
            Assert.Equal(0, run.ExitCode);
            Assert.Contains("transformers refuses", run.Out, StringComparison.Ordinal);
        }
        Run(folder.Path, "--fix");
        using var repaired = SafetensorsReader.Open(roomy);
        Assert.Equal("pt", (string?)repaired.Describe()["files"]![0]!["metadata"]!["format"]);
        Assert.Equal([7, 8], TensorAssembler.ReadWhole(repaired, repaired.Tensors[0]));
        Assert.Equal(Plain(40)[..^2], File.ReadAllBytes(roomy + ".header.bak"));
        Assert.Equal(Plain(1), File.ReadAllBytes(tight));
        Assert.Contains("has no room", Run(folder.Path).Out, StringComparison.Ordinal);
    }

    public static TheoryData<string, int, string> BrokenMegatron => new()
    {
        { "distcp is missing", 3, "__0_0.distcp" },
        { "distcp is cut short", 3, "__0_0.distcp" },
        { "metadata is missing", 3, ".metadata" },
        { "tracker is wrong", 3, "there is no such iteration" },
        { "tracker is missing", 3, "readers take it" },
        { "common is missing", 0, "there is no common state" },
    };

    [Theory, MemberData(nameof(BrokenMegatron)), Clause("VFY-3.1"), Clause("VFY-3.2")]
    public void ABrokenMegatronCheckpointIsFound(string fault, int exitCode, string says)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Copy(folder, "torch_dist", "llama-tp2pp1");
        var (iteration, tracker) = (Path.Combine(checkpoint, "iter_0000001"), Path.Combine(checkpoint, "latest_checkpointed_iteration.txt"));
        switch (fault)
        {
            case "distcp is missing": File.Delete(Path.Combine(iteration, "__0_0.distcp")); break;
            case "distcp is cut short": Cut(Path.Combine(iteration, "__0_0.distcp")); break;
            case "metadata is missing": File.Delete(Path.Combine(iteration, ".metadata")); break;
            case "tracker is wrong": File.WriteAllText(tracker, "7"); break;
            case "tracker is missing": File.Delete(tracker); break;
            default: File.Delete(Path.Combine(iteration, "common.pt")); break;
        }
        var run = Run(checkpoint);
        Assert.True(run.ExitCode == exitCode, run.Out + run.Error);
        Assert.Contains(says, run.Out, StringComparison.Ordinal);
        if (!fault.StartsWith("tracker", StringComparison.Ordinal)) { return; }
        Assert.Equal(0, Run(checkpoint, "--fix").ExitCode);
        Assert.Equal("1", File.ReadAllText(tracker));
    }

    [Fact, Clause("VFY-3.4")]
    public void GoingDeepFindsWhatHoldsNoWeights()
    {
        var random = new Random(3);
        var noise = new byte[64 * 128 * 2];
        random.NextBytes(noise);
        byte[] Weights(float scale) => [.. Enumerable.Range(0, 64 * 128).SelectMany(_ => BitConverter.GetBytes(scale * (random.NextSingle() + random.NextSingle() - 1)).AsSpan(2).ToArray())];
        var good = Weights(0.1f);
        var damaged = Weights(0.2f);
        BinaryPrimitives.WriteUInt16LittleEndian(damaged.AsSpan(100), 0x7FC0);
        BinaryPrimitives.WriteUInt16LittleEndian(damaged.AsSpan(200), 0xFF80);
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["model.safetensors"], Bf16File(("noise", noise), ("good", good), ("again", good), ("dead", new byte[noise.Length]), ("damaged", damaged)));
        var run = Run(folder["model.safetensors"], "--deep");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("noise: its exponents have", run.Out, StringComparison.Ordinal);
        Assert.Contains("dead: all its elements are zero", run.Out, StringComparison.Ordinal);
        Assert.Contains("damaged: 1 NaN and 1 infinite of 8,192 elements", run.Out, StringComparison.Ordinal);
        Assert.Contains("again: holds the same as good", run.Out.Replace("good: holds the same as again", "again: holds the same as good", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(1, run.Out.Split("its exponents have").Length - 1);
    }

    static void Break(string model, string fault)
    {
        var index = Path.Combine(model, Index);
        switch (fault)
        {
            case "shard is missing": File.Delete(Path.Combine(model, Second)); break;
            case "shard is cut short": Cut(Path.Combine(model, Second)); break;
            case "shard is no safetensors": File.WriteAllText(Path.Combine(model, Second), "<!DOCTYPE html>"); break;
            case "two are broken": Cut(Path.Combine(model, Second)); Cut(Path.Combine(model, "model-00003-of-00003.safetensors")); break;
            case "index is no JSON": File.WriteAllText(index, "{\"weight_map\": "); break;
            case "index is missing": File.Delete(index); break;
            default: Change(index, fault); break;
        }
    }

    static void Change(string index, string fault)
    {
        var json = JsonNode.Parse(File.ReadAllText(index))!;
        var map = json["weight_map"]!.AsObject();
        if (fault == "index is stale") { map["model.layers.99.mlp.up_proj.weight"] = Second; }
        else if (fault == "index lacks a tensor") { map.Remove("model.norm.weight"); }
        else { json["metadata"]!["total_size"] = 7; }
        File.WriteAllText(index, json.ToJsonString());
    }

    static void Cut(string file) => File.WriteAllBytes(file, File.ReadAllBytes(file)[..^100]);

    static byte[] Plain(int spaces) => FileOf("{\"w\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}" + new string(' ', spaces), [7, 8]);

    static byte[] Bf16File(params (string Name, byte[] Bytes)[] tensors)
    {
        var (entries, at) = (new List<string> { "\"__metadata__\":{\"format\":\"pt\"}" }, 0);
        foreach (var (name, bytes) in tensors) { entries.Add($"\"{name}\":{{\"dtype\":\"BF16\",\"shape\":[64,{bytes.Length / 128}],\"data_offsets\":[{at},{at += bytes.Length}]}}"); }
        return FileOf("{" + string.Join(',', entries) + "}", [.. tensors.SelectMany(static tensor => tensor.Bytes)]);
    }

    static byte[] FileOf(string header, byte[] data)
    {
        var prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        return [.. prefix, .. Encoding.UTF8.GetBytes(header), .. data];
    }

    static string Copy(TemporaryFolder folder, string kind, string name)
    {
        var from = Repository.Vector(kind, name);
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(folder[name], Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
        return folder[name];
    }

    static ProgramRun Run(params string[] arguments) => ProgramRun.Of(["doctor", .. arguments], commands: [new DoctorCommand()]);
}
