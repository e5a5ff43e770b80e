using System.Text;
using System.Text.Json.Nodes;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.EndToEndTests;

/// <summary>What can be wrong with a source, and what a user may get wrong: a clear sentence, the right exit code, nothing published.</summary>
public sealed class FaultTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact, Clause("SHD-2.3")]
    public void AMissingTensorIsNamedWithWhatCannotBeMade()
    {
        var model = Renamed("model.layers.2.mlp.up_proj.weight", null);
        Refused(3, model, "model.layers.2.mlp.up_proj.weight", "missing", "linear_fc1");
    }

    [Fact, Clause("SHD-2.3")]
    public void AnExtraTensorIsNamedAndCarriedOverOnlyWhenAsked()
    {
        var model = Renamed("model.layers.2.mlp.up_proj.weight", "model.layers.2.mlp.other_proj.weight", keep: true);
        Refused(3, model, "model.layers.2.mlp.other_proj.weight", "--allow_extra");
        Done("export", "--model", model, "--to_mcore", "--output_dir", _folder["mcore"], "--allow_extra", "true");
        Done("export", "--mcore_model", _folder["mcore"], "--to_hf", "--output_dir", _folder["hf"], "--allow_extra");
        Done("diff", model, _folder["hf"]);
    }

    [Fact, Clause("SHD-2.2")]
    public void AWrongShapeIsNamedWithBothShapes()
    {
        var model = Model();
        EditConfig(model, config => config["intermediate_size"] = 128);
        Refused(3, model, "[96, 64]", "[128, 64]");
    }

    [Fact]
    public void ATruncatedShardNamesTheFileAndWhatIsMissing()
    {
        var model = Model();
        var file = Path.Combine(model, "model.safetensors");
        using (var stream = File.OpenWrite(file)) { stream.SetLength(stream.Length - 1000); }
        Refused(3, model, "model.safetensors", "1000");
    }

    [Fact]
    public void AWrongIndexNamesTheFileItLists()
    {
        var model = Folders.Copy(Repository.Vector("hf", "qwen2-untied"), _folder["model"]);
        var index = Path.Combine(model, "model.safetensors.index.json");
        File.WriteAllText(index, File.ReadAllText(index).Replace("model-00002-of-00003", "model-00009-of-00003", StringComparison.Ordinal));
        Refused(3, model, "model-00009-of-00003.safetensors");
    }

    [Fact]
    public void ATruncatedDistcpFileIsRefused()
    {
        var mcore = _folder["mcore"];
        Done("export", "--model", Model(), "--to_mcore", "--output_dir", mcore);
        var file = Path.Combine(mcore, "iter_0000001", "__0_0.distcp");
        using (var stream = File.OpenWrite(file)) { stream.SetLength(stream.Length - 1000); }
        var run = Program.Run("export", "--mcore_model", mcore, "--to_hf", "--output_dir", _folder["out"]);
        Assert.True(run.ExitCode == 3 && run.Error.Contains("__0_0.distcp", StringComparison.Ordinal), run.All);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact, Clause("SHD-6.2")]
    public void ATiedModelWithAnOutputLayerOfItsOwnIsRefused()
    {
        var tied = Folders.Copy(Repository.Vector("hf", "qwen3"), _folder["model"]);
        EditConfig(tied, config => config["tie_word_embeddings"] = true);
        Refused(3, tied, "lm_head.weight", "model.embed_tokens.weight");
    }

    [Fact, Clause("CLI-3.8")]
    public void AModelWithoutConfigIsRefused()
    {
        var model = Model();
        File.Delete(Path.Combine(model, "config.json"));
        Refused(3, model, "config.json", "CLI-3.8");
    }

    [Fact]
    public void AConfigThatSaysQuantisedOfPlainWeightsIsRefused()
    {
        var model = Model();
        EditConfig(model, config => config["quantization_config"] = new JsonObject { ["quant_method"] = "fp8", ["weight_block_size"] = new JsonArray(128, 128) });
        Refused(3, model, "quantization_config", "QNT-1.3");
    }

    [Fact, Clause("SHD-5.1")]
    public void TooLittleMemoryIsRefusedWithBothNumbers() => Refused(5, Model(), "1,000,000", "--max_memory", extra: ["--max_memory", "1MB"]);

    [Fact]
    public void AnImpossibleSplitIsRefusedWithTheNumbers() => Refused(2, Model(), "4 query heads", "3", extra: ["--tensor_model_parallel_size", "3"]);

    [Fact, Clause("SHD-4.5")]
    public void AnOutputThatIsNotOursIsLeftAlone()
    {
        Directory.CreateDirectory(_folder["out"]);
        File.WriteAllText(Path.Combine(_folder["out"], "precious"), "x");
        foreach (var extra in (string[][])[[], ["--exist_ok", "true"]])
        {
            Assert.Equal(2, Program.Run(["export", "--model", Model(), "--to_mcore", "--output_dir", _folder["out"], .. extra]).ExitCode);
        }
        Assert.Equal(["precious"], Directory.GetFileSystemEntries(_folder["out"]).Select(Path.GetFileName));
    }

    [Fact]
    public void ADryRunWritesNothing()
    {
        var run = Done("export", "--model", Model(), "--to_mcore", "--output_dir", _folder["out"], "--dry_run");
        Assert.Contains("__0_0.distcp", run.Out, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]) || Directory.Exists(_folder["out.partial"]));
    }

    string Model() => Directory.Exists(_folder["model"]) ? _folder["model"] : Folders.Copy(Repository.Vector("hf", "qwen3"), _folder["model"]);

    static Outcome Done(params string[] arguments)
    {
        var run = Program.Run(arguments);
        Assert.True(run.ExitCode == 0, run.All);
        return run;
    }

    void Refused(int exitCode, string model, string first, string second = "", string third = "", string[]? extra = null)
    {
        var run = Program.Run(["export", "--model", model, "--to_mcore", "--output_dir", _folder["out"], .. extra ?? []]);
        Assert.True(run.ExitCode == exitCode, run.All);
        foreach (var text in (string[])[first, second, third]) { Assert.True(run.Error.Contains(text, StringComparison.Ordinal), $"'{text}' is not said in: {run.All}"); }
        Assert.False(Directory.Exists(_folder["out"]), "something was published");
    }

    static void EditConfig(string model, Action<JsonObject> edit)
    {
        var path = Path.Combine(model, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        edit(config);
        File.WriteAllText(path, config.ToJsonString());
    }

    /// <summary>The model with one tensor under another name of the same length or none: the header is edited, the data stays.</summary>
    string Renamed(string from, string? to, bool keep = false)
    {
        var model = Model();
        var path = Path.Combine(model, "model.safetensors");
        var bytes = File.ReadAllBytes(path);
        var length = (int)BitConverter.ToInt64(bytes);
        var header = JsonNode.Parse(Encoding.UTF8.GetString(bytes, 8, length))!.AsObject();
        var data = bytes.AsSpan(8 + length).ToArray().ToList();
        var entry = header[from]!.AsObject();
        if (keep)
        {
            // A new tensor of one element behind the others.
            header[to!] = new JsonObject { ["dtype"] = "BF16", ["shape"] = new JsonArray(1), ["data_offsets"] = new JsonArray(data.Count, data.Count + 2) };
            data.AddRange([0x12, 0x34]);
        }
        else
        {
            var (begin, end) = (entry["data_offsets"]![0]!.GetValue<int>(), entry["data_offsets"]![1]!.GetValue<int>());
            header.Remove(from);
            data.RemoveRange(begin, end - begin);
            foreach (var (name, other) in header)
            {
                if (name == "__metadata__" || other!["data_offsets"]![0]!.GetValue<int>() < end) { continue; }
                other["data_offsets"] = new JsonArray(other["data_offsets"]![0]!.GetValue<int>() - (end - begin), other["data_offsets"]![1]!.GetValue<int>() - (end - begin));
            }
        }
        var text = Encoding.UTF8.GetBytes(header.ToJsonString());
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)text.Length), .. text, .. data]);
        return model;
    }
}
