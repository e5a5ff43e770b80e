using System.Text.Json.Nodes;
using Ckpt.Cli.Running;
using Ckpt.Formats;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.TorchDist;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Models.Megatron;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Running;
using Ckpt.Sharding.Views;

namespace Ckpt.Cli.Export;

/// <summary>Prepares anything → a Megatron checkpoint.</summary>
static class ToMegatron
{
    const int Iteration = 1;

    internal static Conversion Prepare(ExportArguments arguments, ModelCheckpoint model)
    {
        var (source, config) = (model.Reader, model.Side.Config);
        if (arguments.DType is { } dtype) { config = config.WithDType(dtype); }
        if (config.Model.QuantMethod is { } method) { throw Quantised(config, method); }
        var sizes = arguments.Parallel;
        ParallelCheck.Check(config.Model, sizes, arguments.Stages);
        var padded = arguments.VocabDivisibleBy is { } divisible
            ? VocabPadding.Native(config.Model.VocabSize, sizes.Tensor, divisible)
            : VocabPadding.Swift(config.Model.VocabSize, sizes.Tensor);
        var map = model.ToMegatron(new BridgeOptions { PaddedVocab = padded });
        var state = new MegatronArgsOptions
        {
            Iteration = Iteration,
            Sizes = sizes,
            Stages = arguments.Stages,
            PaddedVocab = padded,
            MtpLayers = MegatronNames.MtpLayers(map.Right.Tensors.Select(static tensor => tensor.Name)),
            MakeVocabSizeDivisibleBy = arguments.VocabDivisibleBy ?? 1,
            Model = arguments.Source,
        };
        var writer = new TorchDistWriter(new TorchDistWriterOptions
        {
            Common = MegatronCommonState.Build(config, state),
            Folder = TorchDistWriterOptions.IterationFolder(Iteration),
            FileCount = arguments.DataFiles ?? DataFiles(source),
            Form = MegatronForm.Of(arguments.MegatronVersion),
        });
        var names = model.HfNames;
        return new Conversion(
            ShiftedTensor.Through(source, map), map, config.Model, writer, CutLeadingAxes: true,
            [.. model.Side.SideFiles.Select(static f => new SideFile(f.Source, $"{HfSide.Folder}/{f.Path}", f.Length))],
            [
                new SmallFile($"{HfSide.Folder}/config.json", config.ToUtf8()),
                .. names.Count == 0 ? Array.Empty<SmallFile>() : [new SmallFile($"{HfSide.Folder}/{HfNamesFile.Name}", HfNamesFile.ToUtf8(names))],
                new SmallFile("args.json", SwiftArgsJson.Write(config, state)),
            ],
            [.. (source as SafetensorsReader)?.Warnings ?? [], .. model.Side.Notes, .. Notes(config.Model, padded)],
            new JsonObject { ["family"] = config.Family.Name, ["padded_vocab_size"] = padded, ["tensor_model_parallel_size"] = sizes.Tensor });
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

    static UnsupportedCheckpointException Quantised(HfConfig config, string method) => new(
        "CLI-3.10", config.Where, $"quantization_config says {method}; quantised weights are not in this version, which reads bfloat16, float16, float32 and float64");
}
