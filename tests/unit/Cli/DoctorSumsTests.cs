using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Ckpt.Cli.Commands;
using Ckpt.Cli.Export;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Cli;

/// <summary>Checkpoints held to the sums that were left with them: by a conversion, by Megatron, in torch's zips, and in the optimizer.</summary>
public sealed class DoctorSumsTests
{
    [Fact, Clause("VFY-3.5"), Clause("VFY-3.7")]
    public void ACheckpointIsWhatItsReceiptSays()
    {
        using var folder = new TemporaryFolder();
        Convert(folder["out"]);
        var run = Run("doctor", folder["out"], "--deep");
        Assert.True(run is { ExitCode: 0, Out: "nothing found\n" }, run.Out + run.Error);

        var data = Directory.GetFiles(folder["out"], "*.distcp", SearchOption.AllDirectories)[0];
        Flip(data, OffsetOfWeight(folder["out"], data));
        Assert.Equal("nothing found\n", Run("doctor", folder["out"]).Out);
        run = Run("doctor", Directory.GetParent(data)!.FullName, "--deep"); // the iteration's own folder, the receipt above it
        Assert.Equal(3, run.ExitCode);
        Assert.Contains($"broken: {data}: has the CRC-32", run.Out, StringComparison.Ordinal);
        Assert.Contains("the zip says", run.Out, StringComparison.Ordinal);
    }

    [Theory, Clause("VFY-3.5")]
    [InlineData("config is edited", 0, "hf/config.json: has")]
    [InlineData("side file is gone", 0, "was written by the conversion, and is not there")]
    [InlineData("data is gone", 3, "was written by the conversion, and is not there")]
    [InlineData("data is cut", 3, "were written")]
    [InlineData("a stranger's shard", 0, "was not written by the conversion")]
    [InlineData("another format", 0, "tells of a zarr checkpoint, this is torch_dist")]
    [InlineData("another number", 0, "tells of 7 tensors, there are")]
    [InlineData("no receipt", 0, "is no receipt of a conversion: it does not say 'ckpt' [VFY-3.5]")]
    [InlineData("no JSON", 0, "is no receipt of a conversion")]
    [InlineData("a path outside", 0, "'../../etc/passwd' is no path in its folder [VFY-3.5]")]
    [InlineData("names twice", 0, "is no receipt of a conversion")]
    [InlineData("half a letter", 0, "is no receipt of a conversion")]
    public void WhatIsNotAsItWasWrittenIsTold(string fault, int exitCode, string says)
    {
        using var folder = new TemporaryFolder();
        Convert(folder["out"]);
        var receipt = folder["out/ckpt.json"];
        var json = JsonNode.Parse(File.ReadAllText(receipt))!;
        var data = Directory.GetFiles(folder["out"], "*.distcp", SearchOption.AllDirectories).Order().Last();
        switch (fault)
        {
            case "config is edited": File.AppendAllText(folder["out/hf/config.json"], " "); break;
            case "side file is gone": File.Delete(folder["out/args.json"]); break;
            case "data is gone": File.Delete(data); break;
            case "data is cut": File.WriteAllBytes(data, File.ReadAllBytes(data)[..^4000]); break;
            case "a stranger's shard": File.WriteAllBytes(folder["out/hf/model-00009-of-00009.safetensors"], [1]); break;
            case "another format": json["target"]!["format"] = "zarr"; break;
            case "another number": json["ledger"]!["target_tensors"] = 7; break;
            case "no receipt": json.AsObject().Remove("ckpt"); break;
            case "a path outside": json["files"]!.AsArray().Add(new JsonObject { ["path"] = "../../etc/passwd", ["bytes"] = 1 }); break;
            default: break;
        }
        File.WriteAllText(receipt, fault switch
        {
            "no JSON" => "{",
            "names twice" => """{"ckpt": "1", "files": [], "files": []}""",
            "half a letter" => """{"ckpt": "1", "files": [{"path": "\ud800", "bytes": 1}]}""",
            _ => json.ToJsonString(),
        });
        var run = Run("doctor", folder["out"]);
        Assert.Contains(says, run.Out, StringComparison.Ordinal);
        Assert.True(run.ExitCode == exitCode, run.Out + run.Error);
        Assert.Equal(3, Run("doctor", folder["out"], "--strict").ExitCode);
    }

    [Fact, Clause("VFY-3.5"), Clause("VFY-3.3")]
    public void WhatWasRepairedIsSummedAsItWas()
    {
        using var folder = new TemporaryFolder();
        var header = """{"w":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""" + new string(' ', 40);
        var prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        byte[] file = [.. prefix, .. Encoding.ASCII.GetBytes(header), 7, 8];
        File.WriteAllBytes(folder["model.safetensors"], file);
        File.WriteAllText(folder["ckpt.json"], new JsonObject
        {
            ["ckpt"] = "0.1.0", ["files"] = new JsonArray(new JsonObject { ["path"] = "model.safetensors", ["bytes"] = file.Length, ["crc32"] = $"{Crc32.Of(file):x8}" }),
        }.ToJsonString());
        var run = Run("doctor", folder.Path, "--fix", "--deep");
        Assert.Contains("repaired: ", run.Out, StringComparison.Ordinal);
        Assert.True(run.ExitCode == 0 && !run.Out.Contains("CRC-32", StringComparison.Ordinal), run.Out);
        Flip(folder["model.safetensors"], file.Length - 1);
        Assert.Contains("has the CRC-32", Run("doctor", folder.Path, "--deep").Out, StringComparison.Ordinal);
    }

    [Fact, Clause("VFY-3.6")]
    public void MegatronsOwnHashesAreChecked()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Copy(folder, "versions/mini");
        var files = new JsonObject();
        foreach (var file in Directory.GetFiles(checkpoint)) { files[Path.GetFileName(file)] = System.Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))); }
        var integrity = Path.Combine(checkpoint, "integrity.json");
        File.WriteAllText(integrity, new JsonObject { ["algorithm"] = "sha256", ["files"] = files.DeepClone() }.ToJsonString());
        Assert.Equal(0, Run("doctor", checkpoint, "--deep").ExitCode);

        File.AppendAllText(Path.Combine(checkpoint, "metadata.json"), " ");
        Assert.Equal(0, Run("doctor", checkpoint).ExitCode);
        var run = Run("doctor", checkpoint, "--deep");
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("metadata.json: has the SHA-256", run.Out, StringComparison.Ordinal);

        files["__9_9.distcp"] = "00";
        File.WriteAllText(integrity, new JsonObject { ["algorithm"] = "sha256", ["files"] = files.DeepClone() }.ToJsonString());
        Assert.Contains("has a hash of it, and it is not there", Run("doctor", checkpoint).Out, StringComparison.Ordinal);
        File.WriteAllText(integrity, """{"algorithm": "sha256", "files": {"../x": "00"}}""");
        Assert.Contains("does not list hashes by file name", Run("doctor", checkpoint).Out, StringComparison.Ordinal);
    }

    [Fact, Clause("VFY-3.7")]
    public void RecordsOfZipsAreSummedWhereTheyCanBe()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Repository.Vector("hf", "llama", "model.safetensors"), folder["model.safetensors"]);
        var whole = File.ReadAllBytes(Repository.Vector("torch_dist", "versions", "golden_trixie.pt"));
        File.WriteAllBytes(folder["x.pt"], whole);
        Assert.DoesNotContain("broken", Run("doctor", folder.Path, "--deep").Out.Replace("0 broken", "", StringComparison.Ordinal), StringComparison.Ordinal);

        var archive = TorchArchive.Open(new MemoryByteSource("x.pt", whole));
        Assert.True(archive.TryFind("data/0", out var record));
        var damaged = whole.ToArray();
        damaged[archive.DataOffset(record)] ^= 1;
        File.WriteAllBytes(folder["x.pt"], damaged);
        var run = Run("doctor", folder.Path, "--deep");
        Assert.Equal(3, run.ExitCode);
        Assert.Contains($"record {record.FullName} has the CRC-32", run.Out, StringComparison.Ordinal);

        // As set_crc32_options(False) leaves it: no sum anywhere, so that the damage cannot be told.
        var unsummed = damaged.ToArray();
        for (var at = 0; at < unsummed.Length - 46; at++)
        {
            if (unsummed.AsSpan(at, 4).SequenceEqual("PK\x01\x02"u8)) { unsummed.AsSpan(at + 16, 4).Clear(); }
        }
        File.WriteAllBytes(folder["x.pt"], unsummed);
        run = Run("doctor", folder.Path, "--deep");
        Assert.True(run.ExitCode == 0, run.Out);
        Assert.Contains("have no checksum", run.Out, StringComparison.Ordinal);
    }

    [Theory, Clause("VFY-3.8")]
    [InlineData("versions/ck_core_v0.15.0_trixie", false)]
    [InlineData("versions/ck_core_v0.19.0_forky", true)]
    public void AnIndexIsMadePlainInPlace(string name, bool lacksCommon)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Copy(folder, name);
        var index = Path.Combine(checkpoint, ".metadata");
        var before = File.ReadAllBytes(index);
        if (!lacksCommon) { Assert.Contains("--normalise_metadata", Run("doctor", checkpoint).Out, StringComparison.Ordinal); }
        var run = Run("doctor", checkpoint, "--normalise_metadata");
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Equal(before, File.ReadAllBytes(index + ".bak"));
        Assert.DoesNotContain("megatron.core", Encoding.Latin1.GetString(File.ReadAllBytes(index)), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(checkpoint, "common.pt")));

        using var was = TorchDistReader.Open(Repository.Vector("torch_dist", name));
        using var now = TorchDistReader.Open(checkpoint);
        Assert.Equal(was.Tensors.Select(static t => (t.Name, t.DType, t.Shape)), now.Tensors.Select(static t => (t.Name, t.DType, t.Shape)));
        foreach (var (a, b) in was.Tensors.Zip(now.Tensors)) { Assert.Equal(TensorAssembler.ReadWhole(was, a), TensorAssembler.ReadWhole(now, b)); }
        Assert.Equal(PickleWriter.Write(was.Common!, 2), PickleWriter.Write(now.Common!, 2));
        Assert.DoesNotContain("repaired", Run("doctor", checkpoint, "--normalise_metadata").Out, StringComparison.Ordinal);
    }

    [Fact, Clause("VFY-3.8")]
    public void OtherFormatsHaveNoIndexToMakePlain()
    {
        var run = Run("doctor", Repository.Vector("hf", "llama"), "--normalise_metadata");
        Assert.Equal(4, run.ExitCode);
        Assert.Contains("[VFY-3.8]", run.Error, StringComparison.Ordinal);
    }

    [Fact, Clause("STA-6.2")]
    public void MasterCopiesThatDoNotRoundToTheWeightsAreTold()
    {
        using var folder = new TemporaryFolder();
        var run = Run("reshard", "--load", Repository.Vector("torch_dist", "llama-tp1pp1dp2-optim-dp_reshardable"), "--save", folder["good"]);
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Contains("full-precision copies in the optimizer round to the weights", run.Out, StringComparison.Ordinal);
        Assert.True(JsonNode.Parse(File.ReadAllText(folder["good/ckpt.json"]))!["master_weights"]!["different"]!.AsArray().Count == 0);

        const string Bad = "decoder.layers.self_attention.linear_proj.weight";
        using (var reader = TorchDistReader.Open(folder["good"]))
        {
            var tensor = reader.Tensors.Single(static tensor => tensor.Name == "optimizer.state.param." + Bad);
            var (box, payload) = (tensor.Boxes[0], reader.Locate(tensor, 0));
            Flip(Path.Combine(reader.Path, reader.Files[box.File].Path), payload.Offset + 7); // the second element's sign and exponent
        }
        run = Run("reshard", "--load", folder["good"], "--save", folder["told"], "--tp", "2");
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Contains($"{Bad}: 1 elements, the first at [0, 0, 1]", run.Out, StringComparison.Ordinal);
        Assert.Equal(Bad, (string)JsonNode.Parse(File.ReadAllText(folder["told/ckpt.json"]))!["master_weights"]!["different"]![0]!["name"]!);

        run = Run("reshard", "--load", folder["good"], "--save", folder["refused"], "--strict");
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("[STA-6.2]", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["refused"]) || Directory.Exists(folder["refused.partial"]));

        Assert.Contains($"warning: {Bad}: 1 elements are not what its full-precision copy", Run("doctor", folder["told"], "--deep").Out, StringComparison.Ordinal);
        Assert.Equal(0, Run("reshard", "--load", folder["good"], "--save", folder["dropped"], "--strict", "--no_save_optim").ExitCode);
    }

    [Fact, Clause("LAY-5.3"), Clause("LAY-5.1")]
    public void ARuleForCutsIsTakenFromTheLine()
    {
        using var folder = new TemporaryFolder();
        var source = Repository.Vector("torch_dist", "llama-tp1pp1");
        string[] line = ["reshard", "--load", source, "--ckpt_format", "torch", "--tp", "2", "--no_save_optim", "--no_save_rng"];
        var wrong = Run([.. line, "--save", folder["wrong"], "--tensor_cut", "decoder.*=sideways"]);
        Assert.Contains("[LAY-5.3]", wrong.Error, StringComparison.Ordinal);
        Assert.Equal(0, Run([.. line, "--save", folder["usual"]]).ExitCode);
        var other = Run([.. line, "--save", folder["other"], "--tensor_cut", "*.self_attention.linear_proj.weight=columns"]);
        Assert.True(other.ExitCode == 0, other.Out + other.Error);
        // The rule cuts the other axis: read without it, the two halves do not fit together as the model; with it they do.
        Assert.NotEqual(0, Run("diff", source, folder["other"]).ExitCode);
        var back = Run("reshard", "--load", folder["other"], "--save", folder["back"], "--ckpt_format", "torch_dist", "--tp", "1", "--tensor_cut", "*.self_attention.linear_proj.weight=columns");
        Assert.True(back.ExitCode == 0, back.Out + back.Error);
        Assert.Equal(Run("fingerprint", source).Out, Run("fingerprint", folder["back"]).Out);
    }

    static long OffsetOfWeight(string checkpoint, string file)
    {
        using var reader = TorchDistReader.Open(checkpoint);
        var number = reader.Files.Select(static f => f.Path).ToList().IndexOf(Path.GetFileName(file));
        var tensor = reader.Tensors.First(tensor => tensor.Boxes[0].File == number && tensor.Shape.Rank > 1);
        return reader.Locate(tensor, 0).Offset + 20;
    }

    static void Flip(string file, long at)
    {
        var bytes = File.ReadAllBytes(file);
        bytes[at] ^= 0x40;
        File.WriteAllBytes(file, bytes);
    }

    static void Convert(string output)
    {
        var run = Run("export", "--model", Repository.Vector("hf", "llama"), "--to_mcore", "true", "--output_dir", output);
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
    }

    static string Copy(TemporaryFolder folder, string name)
    {
        var to = Directory.CreateDirectory(folder[Path.GetFileName(name)]).FullName;
        foreach (var file in Directory.GetFiles(Repository.Vector("torch_dist", name))) { File.Copy(file, Path.Combine(to, Path.GetFileName(file))); }
        return to;
    }

    static ProgramRun Run(params string[] arguments) =>
        ProgramRun.Of(arguments, commands: [new DiffCommand(), new FingerprintCommand(), new DoctorCommand(), new ReshardCommand(), new ExportCommand(new ConversionRunner())]);
}
