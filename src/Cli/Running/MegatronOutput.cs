using Ckpt.Formats;
using Ckpt.Formats.IO;
using Ckpt.Formats.Opening;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using Ckpt.Formats.Zarr;
using Ckpt.Models.Megatron;
using Ckpt.Models.Megatron.Legacy;
using Ckpt.Models.Megatron.State;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Cli.Running;

/// <summary>What decides how a Megatron checkpoint is written.</summary>
sealed record MegatronOutputOptions
{
    /// <summary>Common state and objects.</summary>
    internal required StatePlan State { get; init; }

    /// <summary>The folder of the iteration.</summary>
    internal required string Folder { get; init; }

    /// <summary>Data files of torch_dist.</summary>
    internal int DataFiles { get; init; } = 1;

    /// <summary>The readers torch_dist is for.</summary>
    internal TorchDistForm Form { get; init; }

    /// <summary>The sizes of the run that is to load it; null: those of the args.</summary>
    internal ParallelSizes? Sizes { get; init; }

    /// <summary>Whose experts a legacy checkpoint is for; null: those of the args.</summary>
    internal LegacyExperts? Experts { get; init; }

    /// <summary>Whose layers; null: those of the args.</summary>
    internal LegacyLayers? Layers { get; init; }

    /// <summary>How ranks share tensors that no table knows.</summary>
    internal IReadOnlyList<CutOverride> Overrides { get; init; } = [];

    /// <summary>How layers are placed on stages.</summary>
    internal StageOptions Stages { get; init; } = StageOptions.Even;
}

/// <summary>A writer of one of Megatron's formats, and how its targets are cut where that is not one box a layer and expert.</summary>
sealed record MegatronOutput(ICheckpointWriter Writer, Func<IReadOnlyList<TensorTarget>, IReadOnlyList<TensorTarget>>? Cut)
{
    /// <summary>The writer of a format, by Megatron's name for it.</summary>
    /// <exception cref="UnsupportedCheckpointException">There is none.</exception>
    internal static MegatronOutput Of(string format, MegatronOutputOptions options) => format switch
    {
        FormatNames.TorchDist or FormatNames.TorchDcp or FormatNames.FsdpDtensor => new(new TorchDistWriter(new TorchDistWriterOptions
        {
            Common = options.State.Common,
            CommonStorages = options.State.CommonStorages,
            Objects = options.State.Objects,
            Folder = options.Folder,
            FileCount = options.DataFiles,
            Form = options.Form,
        }), null),
        FormatNames.Zarr => new(new MegatronZarrWriter(new MegatronZarrWriterOptions
        {
            Common = options.State.Common,
            CommonStorages = options.State.CommonStorages,
            Objects = [.. options.State.Objects.Select(Unlisted)],
            Folder = options.Folder,
        }), null),
        FormatNames.LegacyTorch => new(Legacy(options), null),
        _ => throw new UnsupportedCheckpointException("CLI-9.2", format, "is no format that Megatron checkpoints are written in; torch, torch_dist and zarr are"),
    };

    static LegacyTorchWriter Legacy(MegatronOutputOptions options)
    {
        var target = LegacyTarget.Of(options.State.Common, options.Sizes, options.Stages, "common state");
        return new LegacyTorchWriter(new LegacyTorchWriterOptions
        {
            Common = options.State.Common,
            CommonStorages = options.State.CommonStorages,
            Layout = target.Layout,
            Stages = target.Stages,
            Folder = options.Folder,
            Experts = options.Experts ?? target.Experts,
            Layers = options.Layers ?? target.Layers,
            Overrides = options.Overrides,
        });
    }

    /// <summary>torch_dist keeps each object as the only element of a list, zarr as it is.</summary>
    static MegatronZarrObject Unlisted(ObjectTarget target)
    {
        var file = TorchFile.Open(new MemoryByteSource(target.Name, target.Make()));
        var value = file.Root is PickleList { Items: [var only] } ? only : file.Root;
        return new MegatronZarrObject(target.Name, value, file.ReadStorages());
    }
}
