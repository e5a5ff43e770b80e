using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Models.Families;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Maps;
using Xunit;

namespace Ckpt.PropertyTests.Models;

/// <summary>Models of several parts: a text model under other names, and towers, projectors and generators as they are.</summary>
public class MultimodalTests
{
    /// <summary>Beginnings of the published files, and of mcore-bridge's modules.</summary>
    [Theory, Clause("NAM-13.1"), Clause("NAM-13.2")]
    [InlineData("qwen2_vl", "model.", "lm_head.", "visual.", "visual.visual.")]
    [InlineData("qwen2_vl", "model.language_model.", "lm_head.", "model.visual.", "visual.visual.")]
    [InlineData("qwen2_5_vl", "model.", "lm_head.", "visual.", "visual.visual.")]
    [InlineData("qwen2_5_vl", "model.language_model.", "lm_head.", "model.visual.", "visual.visual.")]
    [InlineData("qwen2_5_omni", "thinker.model.", "thinker.lm_head.", "thinker.visual. thinker.audio_tower. talker. token2wav.", "visual.visual. visual.audio_tower. talker. token2wav.")]
    [InlineData("qwen3_vl", "model.language_model.", "lm_head.", "model.visual.", "visual.visual.")]
    [InlineData("qwen3_vl_moe", "model.language_model.", "lm_head.", "model.visual.", "visual.visual.")]
    [InlineData("qwen3_omni_moe", "thinker.model.", "thinker.lm_head.", "thinker.audio_tower. thinker.visual. talker. code2wav.", "visual.audio_tower. visual.visual. talker. code2wav.")]
    [InlineData("qwen3_5", "model.language_model.", "lm_head.", "model.visual.", "visual.visual.")]
    [InlineData("qwen3_5_moe", "model.language_model.", "lm_head.", "model.visual.", "visual.visual.")]
    [InlineData("ovis2_5", "llm.model.", "llm.lm_head.", "visual_tokenizer. vte.", "visual.visual_tokenizer. visual.vte.")]
    [InlineData("glm4v", "model.language_model.", "lm_head.", "model.visual.", "visual.visual.")]
    [InlineData("glm4v_moe", "model.language_model.", "lm_head.", "model.visual.", "visual.visual.")]
    [InlineData("internvl_chat", "language_model.model.", "language_model.lm_head.", "vision_model. mlp1.", "visual.vision_model. visual.mlp1.")]
    [InlineData("internvl", "language_model.model.", "language_model.lm_head.", "vision_tower. multi_modal_projector.", "visual.vision_tower. visual.multi_modal_projector.")]
    [InlineData("internvl", "model.language_model.", "lm_head.", "model.vision_tower. model.multi_modal_projector.", "visual.vision_tower. visual.multi_modal_projector.")]
    [InlineData("kimi_vl", "language_model.model.", "language_model.lm_head.", "vision_tower. multi_modal_projector.", "visual.vision_tower. visual.multi_modal_projector.")]
    [InlineData("kimi_k25", "language_model.model.", "language_model.lm_head.", "vision_tower. mm_projector.", "visual.vision_tower. visual.mm_projector.")]
    [InlineData("llavaonevision1_5", "model.", "lm_head.", "visual.", "visual.visual.")]
    [InlineData("llava_onevision", "language_model.model.", "language_model.lm_head.", "vision_tower. multi_modal_projector. image_newline", "visual.vision_tower. visual.multi_modal_projector. visual.image_newline")]
    public void EveryNameBeginsAsTheFilesAndMegatronHaveIt(string name, string model, string head, string hfParts, string megatronParts)
    {
        var (family, config) = Model(name);
        var text = BridgeCompiler.Compile(FamilyCatalog.Find(family.Text!), config, new BridgeOptions { Choices = Asked });
        var renamed = text.Left.Tensors.Select(tensor => tensor.Name.StartsWith("model.", StringComparison.Ordinal) ? model + tensor.Name["model.".Length..] : tensor.Name.Replace("lm_head.", head, StringComparison.Ordinal)).ToArray();
        var towers = hfParts.Split(' ').Zip(megatronParts.Split(' '), (hf, megatron) => (Hf: hf + Rest(hf), Megatron: megatron + Rest(hf))).ToArray();
        var files = renamed.Concat(towers.Select(tower => tower.Hf)).Zip(text.Left.Tensors.Select(tensor => tensor.StoredShape).Concat(towers.Select((_, index) => new Shape(index + 2))), Info).ToArray();

        var map = BridgeCompiler.Compile(family, config, new BridgeOptions { HfTensors = files, Choices = Asked });
        Assert.Equal(files.Select(tensor => (tensor.Name, tensor.Shape)), map.Left.Tensors.Select(tensor => (tensor.Name, tensor.StoredShape)));
        Assert.Equal(text.Right.Tensors.Select(tensor => "language_model." + tensor.Name).Concat(towers.Select(tower => tower.Megatron)), map.Right.Tensors.Select(tensor => tensor.Name));
        foreach (var (hf, megatron) in towers)
        {
            var link = Assert.Single(map.Links, link => map.Left.Tensors[link.Left].Name == hf);
            Assert.Equal((megatron, Box.Whole(map.Left.Tensors[link.Left].Shape)), (map.Right.Tensors[link.Right].Name, link.RightBox));
        }

        // And back, with what was noted of the files.
        var noted = BridgeCompiler.HfChoices(family, config, new BridgeOptions { HfTensors = files, Choices = Asked });
        var back = MegatronNames.Options(family, config, map.Right.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.StoredShape), "made") with { Choices = Asked.Concat(noted).DistinctBy(choice => choice.Key).ToDictionary() };
        Assert.Equal(map.Left.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), BridgeCompiler.Compile(family, config, back).Left.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
    }

    [Fact, Clause("NAM-13.2")]
    public void WhatWrapsTheModelIsInFrontOfAllItsParts()
    {
        var (family, config) = Model("qwen3_vl");
        var present = BridgeCompiler.Compile(family, config, new BridgeOptions()).Right.Tensors.ToDictionary(tensor => "module." + tensor.Name, tensor => tensor.StoredShape);
        present.Add("module.visual.visual.merger.weight", new Shape(3));
        present.Add("module.visual.visual.merger._extra_state", new Shape(1));
        var map = BridgeCompiler.Compile(family, config, MegatronNames.Options(family, config, present, "made"));
        Assert.Equal("model.visual.merger.weight", map.Left.Tensors[^1].Name);
    }

    [Theory, Clause("NAM-13.3")]
    [InlineData("qwen3_vl", "visual.visual.")]
    [InlineData("internvl_chat", "visual.vision_model.")]
    public void APartThatLacksIsNamed(string name, string part)
    {
        var (family, config) = Model(name);
        var present = BridgeCompiler.Compile(family, config, new BridgeOptions()).Right.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.StoredShape);
        var error = Assert.Throws<MalformedCheckpointException>(() => BridgeCompiler.Compile(family, config, MegatronNames.Options(family, config, present, "made")));
        Assert.Equal("NAM-13.3", error.Clause);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    /// <summary>A generator that its config describes: refused where it is nowhere, taken from the model's folder where that has it.</summary>
    [Fact, Clause("NAM-13.3"), Clause("NAM-13.6")]
    public void AGeneratorIsTakenFromTheModelItWasTrainedFrom()
    {
        var vector = JsonNode.Parse(File.ReadAllBytes(Repository.Vector("hf-names", "qwen2_5_omni.json")))!;
        var json = vector["config"]!.AsObject();
        json["talker_config"] = new JsonObject { ["hidden_size"] = 1 };
        json.Remove("token2wav_config");
        json["enable_audio_output"] = true;
        var config = HfConfig.Parse(json, "omni");
        var files = vector["tensors"]!.AsArray().Select(tensor => Info(tensor![0]!.GetValue<string>(), new Shape([.. tensor[1]!.AsArray().Select(dim => dim!.GetValue<long>())]))).ToArray();
        var error = Assert.Throws<MalformedCheckpointException>(() => BridgeCompiler.Compile(config.Family, config.Model, new BridgeOptions { HfTensors = files }));
        Assert.Equal("NAM-13.3", error.Clause);
        Assert.Contains("talker_config", error.Message, StringComparison.Ordinal);
        json["enable_audio_output"] = false;
        var silent = HfConfig.Parse(json, "omni");
        var map = BridgeCompiler.Compile(silent.Family, silent.Model, new BridgeOptions { HfTensors = files });
        json["enable_audio_output"] = true;

        // Megatron-SWIFT's checkpoint has all but the talker; the model's folder has that too.
        using var folder = new TemporaryFolder();
        Write(folder["run"], new TorchDistWriter(new TorchDistWriterOptions { Common = new PickleDict(), Folder = "iter_0000001", FileCount = 1 }), map.Right.Tensors);
        File.WriteAllText(Path.Combine(folder["run"], "latest_checkpointed_iteration.txt"), "1");
        Write(folder["model"], new SafetensorsWriter(new SafetensorsWriterOptions()), [.. map.Left.Tensors, new MappedTensor("talker.model.norm.weight", new Shape(5))]);
        File.WriteAllBytes(Path.Combine(folder["model"], "config.json"), config.ToUtf8());
        using (var whole = ModelCheckpoint.Open(folder["run"], new ModelOpenOptions { Model = folder["model"] }))
        {
            var back = whole.ToHf(new BridgeOptions());
            Assert.Contains(back.Right.Tensors, tensor => tensor.Name == "talker.model.norm.weight");
            var talker = whole.Reader.Tensors.Single(tensor => tensor.Name == "talker.model.norm.weight");
            Assert.Equal(new byte[] { 7, 7, 7, 7, 7, 7, 7, 7, 7, 7 }, TensorAssembler.ReadWhole(whole.Reader, talker));
        }
        File.WriteAllBytes(Path.Combine(folder["run"], "config.json"), config.ToUtf8());
        using var alone = ModelCheckpoint.Open(folder["run"], new ModelOpenOptions { HfConfig = Path.Combine(folder["run"], "config.json") });
        Assert.Equal("NAM-13.3", Assert.Throws<MalformedCheckpointException>(() => alone.ToHf(new BridgeOptions())).Clause);
    }

    // Every byte of every tensor is 7.
    static void Write(string folder, ICheckpointWriter writer, IReadOnlyList<MappedTensor> tensors)
    {
        var layout = writer.LayOut([.. tensors.Select(tensor => TensorTarget.Whole(tensor.Name, DType.BF16, tensor.StoredShape))]);
        LayoutFiller.Write(layout, (tensor, _) => [.. Enumerable.Repeat((byte)7, (int)DType.BF16.ByteLength(layout.Tensors[tensor].Shape.Count))], folder);
    }

    /// <summary>transformers 5 writes qwen3_vl_moe's inner object with a default that is not so.</summary>
    [Theory, Clause("NAM-13.4")]
    [InlineData(true)]
    [InlineData(false)]
    public void WhereAConfigIsAtOddsOnTheOutputLayerTheTensorsTell(bool hasHead)
    {
        var vector = JsonNode.Parse(File.ReadAllBytes(Repository.Vector("hf-names", "qwen3_vl_moe.json")))!;
        var config = HfConfig.Parse(vector["config"]!.AsObject(), "qwen3_vl_moe");
        Assert.True(config.Model.IsTieDisputed);
        Assert.False(config.Model.TieWordEmbeddings);
        var files = vector["tensors"]!.AsArray().Select(tensor => Info(tensor![0]!.GetValue<string>(), new Shape([.. tensor[1]!.AsArray().Select(dim => dim!.GetValue<long>())])));
        var map = BridgeCompiler.Compile(config.Family, config.Model, new BridgeOptions { HfTensors = [.. files.Where(tensor => hasHead || tensor.Name != "lm_head.weight")] });
        Assert.Equal(hasHead, map.Right.Tensors.Any(tensor => tensor.Name == "language_model.output_layer.weight"));
        Assert.Equal(hasHead ? 0 : 1, map.Left.Aliases.Count);
    }

    /// <summary>The same names in two orientations.</summary>
    [Theory, Clause("NAM-13.5")]
    [InlineData(true)]
    [InlineData(false)]
    public void ExpertsOfQwen3VlAreTakenAsTheirShapesAre(bool transposed)
    {
        var (family, config) = Model("qwen3_vl_moe");
        config = config with { Hidden = 6, MoeFfn = 2 };
        var files = BridgeCompiler.Compile(family, config, new BridgeOptions { Choices = new Dictionary<string, string> { ["experts"] = transposed ? "fused transposed" : "fused" } }).Left.Tensors;
        var map = BridgeCompiler.Compile(family, config, new BridgeOptions { HfTensors = [.. files.Select(tensor => Info(tensor.Name, tensor.StoredShape)), Info("model.visual.x", new Shape(1))] });
        Assert.Equal(transposed ? new Shape(2, 6, 4) : new Shape(2, 4, 6), map.Left.Tensors.First(tensor => tensor.Name.EndsWith("gate_up_proj", StringComparison.Ordinal)).Shape);
        var written = BridgeCompiler.Compile(family, config with { IsOfTransformers5 = !transposed }, new BridgeOptions()).Left.Tensors;
        Assert.Equal(files, written);
    }

    [Fact, Clause("CFG-7.4"), Clause("CFG-3.4")]
    public void ANewElementTypeIsSaidInEveryPart()
    {
        var config = ConfigVectorTests.Read("internvl3.5-8b").WithDType(DType.F16);
        Assert.Equal("float16", config.Json["torch_dtype"]!.GetValue<string>());
        Assert.Equal("float16", config.Json["llm_config"]!["torch_dtype"]!.GetValue<string>());
        Assert.Null(config.Json["vision_config"]!["torch_dtype"]);
        Assert.Equal(DType.F16, config.Model.TorchDType);
    }

    [Fact, Clause("CFG-7.6")]
    public void TheNumberOfFurtherTokensIsSaidWhereItWas()
    {
        var config = ConfigVectorTests.Read("deepseek-v3").WithMtpLayers(0);
        Assert.Equal(0, config.Json["num_nextn_predict_layers"]!.GetValue<int>());
        Assert.Equal(0, config.Model.MtpLayers);
        Assert.False(ConfigVectorTests.Read("tiny-deepseek_v3").WithMtpLayers(0).Json.ContainsKey("num_nextn_predict_layers"));
    }

    [Fact, Clause("NAM-14.1")]
    public void WhatIsNotedIsReadAgain()
    {
        var choices = new Dictionary<string, string> { ["hf names"] = "visual beside model", ["experts"] = "fused" };
        Assert.Equal(choices, HfNamesFile.Read(HfNamesFile.ToUtf8(choices), "noted").ToDictionary());
        Assert.Throws<MalformedCheckpointException>(() => HfNamesFile.Read("""{"experts": 1}"""u8, "noted"));
        Assert.Throws<MalformedCheckpointException>(() => HfNamesFile.Read("[]"u8, "noted"));
    }

    static readonly Dictionary<string, string> s_asked = new() { ["dialect"] = "mcore-bridge" };

    static Dictionary<string, string> Asked => s_asked;

    static string Rest(string part) => part.EndsWith('.') ? "blocks.0.weight" : "";

    static TensorInfo Info(string name, Shape shape) => new(name, DType.BF16, shape, []);

    static (ModelFamily Family, ModelConfig Config) Model(string name)
    {
        var family = FamilyCatalog.Find(name);
        return (family, MtpTests.Config(name, family.HasMtp ? 0 : null) with { QkNorm = family.Config.QkNorm });
    }
}
