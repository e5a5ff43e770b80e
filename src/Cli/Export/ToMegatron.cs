using System.Text.Json.Nodes;
using Ckpt.Cli.Running;
using Ckpt.Formats;
using Ckpt.Formats.Opening;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.TorchDist;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Models.Families;
using Ckpt.Models.Megatron;
using Ckpt.Models.Megatron.Legacy;
using Ckpt.Models.Megatron.Optimizer;
using Ckpt.Models.Megatron.State;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Running;
using Ckpt.Sharding.Views;

namespace Ckpt.Cli.Export;

/// <summary>Prepares anything → a Megatron checkpoint.</summary>
static class ToMegatron
{
    const int Iteration = 1;

    internal static Conversion Prepare(ExportArguments arguments, ExportSource opened)
    {
        var model = opened.Model;
        var config = model.Side.Config;
        if (arguments.DType is { } dtype) { config = config.WithDType(dtype); }
        var sizes = arguments.Parallel;
        ParallelCheck.Check(config.Model, sizes, arguments.Stages);
        var padded = arguments.KeepVocabulary ? config.Model.VocabSize : arguments.VocabDivisibleBy is { } divisible
            ? VocabPadding.Native(config.Model.VocabSize, sizes.Tensor, divisible)
            : VocabPadding.Swift(config.Model.VocabSize, sizes.Tensor);
        if (padded % sizes.Tensor != 0) { throw Throw.Vocabulary(padded, sizes.Tensor); }
        var map = model.ToMegatron(new BridgeOptions
        {
            PaddedVocab = padded,
            KeyForm = arguments.CkptFormat == FormatNames.LegacyTorch ? KeyForm.PerLayer : KeyForm.Automatic,
            Choices = arguments.Dialect is { } dialect ? new Dictionary<string, string> { [ModelCheckpoint.DialectChoice] = dialect } : new Dictionary<string, string>(),
        });
        if (arguments.MtpLayers is { } mtp) { config = config.WithMtpLayers(mtp); }
        var state = new MegatronArgsOptions
        {
            Iteration = Iteration,
            Sizes = sizes,
            Stages = arguments.Stages,
            PaddedVocab = padded,
            MtpLayers = MegatronNames.MtpLayers(map.Right.Tensors.Select(static tensor => tensor.Name)),
            MakeVocabSizeDivisibleBy = arguments.VocabDivisibleBy ?? 1,
            Dialect = arguments.Dialect,
            WithConfig = arguments is { CkptFormat: FormatNames.LegacyTorch, Layers: LegacyLayers.MindSpeed },
            Model = arguments.Source,
        };
        var weights = Weights(arguments, opened, ref map, ref config);
        var output = MegatronOutput.Of(arguments.CkptFormat, new MegatronOutputOptions
        {
            State = new StatePlan(OptimizerForm.None, weights.Source, [], [], [], MegatronCommonState.Build(config, state), [], []),
            Folder = TorchDistWriterOptions.IterationFolder(Iteration),
            DataFiles = arguments.DataFiles ?? DataFiles(model.Reader),
            Form = MegatronForm.Of(arguments.MegatronVersion),
            Sizes = sizes,
            Stages = arguments.Stages,
            Experts = arguments.Experts,
            Layers = arguments.Layers,
            Overrides = arguments.TensorCuts,
        });
        var names = model.HfNames;
        return new Conversion(
            ShiftedTensor.Through(weights.Source, map), map, config.Model, output.Writer, CutLeadingAxes: output.Cut is null,
            [.. model.Side.SideFiles.Select(static f => new SideFile(f.Source, $"{HfSide.Folder}/{f.Path}", f.Length))],
            [
                new SmallFile($"{HfSide.Folder}/config.json", config.ToUtf8()),
                .. names.Count == 0 ? Array.Empty<SmallFile>() : [new SmallFile($"{HfSide.Folder}/{HfNamesFile.Name}", HfNamesFile.ToUtf8(names))],
                new SmallFile("args.json", SwiftArgsJson.Write(config, state)),
            ],
            [.. (model.Reader as SafetensorsReader)?.Warnings ?? [], .. model.Side.Notes, .. opened.Notes, .. Notes(config.Model, padded)],
            ExportFacts.Of(model, config, arguments.Adapters, new JsonObject { ["padded_vocab_size"] = padded, ["tensor_model_parallel_size"] = sizes.Tensor }))
        {
            Cut = output.Cut,
            AsStored = weights.AsStored,
            Logical = opened.Logical,
            Afterwards = weights.Afterwards,
            Beside = opened.Adapters,
            Decides = arguments.AdapterOptions,
            Computed = model,
            WrittenChoices = arguments.Dialect is { } written ? new Dictionary<string, string> { [ModelCheckpoint.DialectChoice] = written } : new Dictionary<string, string>(),
        };
    }

    /// <summary>The source as it is, or with codes kept in 8 bits, or quantised into them.</summary>
    static Float8Weights Weights(ExportArguments arguments, ExportSource opened, ref TensorMap map, ref HfConfig config)
    {
        if (opened.Scheme is null && !arguments.Float8) { return new Float8Weights(opened.Model.Reader, null, opened.Afterwards); }
        if (arguments.CkptFormat != FormatNames.TorchDist) { throw Throw.NoFloat8(arguments); }
        return Float8Weights.Through(opened, ref map, ref config, arguments.DType, FamilySide.Megatron);
    }

    static IEnumerable<string> Notes(ModelConfig model, long padded)
    {
        if (padded != model.VocabSize) { yield return $"the vocabulary of {model.VocabSize:N0} rows is padded with zeros to {padded:N0}"; }
    }

    /// <summary>Megatron-SWIFT's rule: two files, more from 20 GB on.</summary>
    static int DataFiles(ICheckpointReader source)
    {
        var bytes = source.Files.Sum(static f => f.Length);
        return (int)Math.Max(2, (bytes + 9_999_999_999) / 10_000_000_000);
    }

    static class Throw
    {
        internal static UnsupportedCheckpointException NoFloat8(ExportArguments arguments) => new(
            "CLI-3.10", "--fp8_param_gather", $"8-bit weights are written as torch_dist; {arguments.CkptFormat} files hold them as numbers");

        // Only convert_ckpt's second line keeps the vocabulary as it is.
        internal static LayoutException Vocabulary(long rows, int ranks) => new(
            "CLI-10.7", "--target-tensor-parallel-size", $"{ranks} ranks cannot share the {rows} rows of the vocabulary, which V2 does not pad; V1's lines (--use-mcore-models --model-type GPT --params-dtype bf16) and 'ckpt export --ckpt_format torch' pad it");
    }
}
