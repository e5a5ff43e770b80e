using Ckpt.Cli.Flags;
using Ckpt.Cli.Layouts;
using Ckpt.Cli.Output;
using Ckpt.Cli.Reshard;
using Ckpt.Cli.Running;
using Ckpt.Models.Megatron.State;

namespace Ckpt.Cli.Commands;

/// <summary><c>ckpt reshard</c>: a Megatron checkpoint for another layout, format or version, training state included.</summary>
sealed class ReshardCommand : ICommand
{
    const string Formats = "torch, torch_dist or zarr";

    public string Name => "reshard";

    public string Summary => "write a Megatron checkpoint for another layout, format or version, optimizer included";

    public string Usage => "ckpt reshard --load FOLDER --save FOLDER [--tp N --pp N --ep N …] [--ckpt_format torch|torch_dist|zarr] [flags]";

    public IReadOnlyList<string> Paths => [];

    public IReadOnlyList<FlagSpec> Flags =>
    [
        new("load", FlagKind.Path, "the Megatron checkpoint: the folder of iterations, or one iteration; its layout is read from its files") { Aliases = ["mcore_model", "load_dir"] },
        RunFlags.Output,
        new("ckpt_format", FlagKind.Text, $"the format written: {Formats}; without it, the source's") { Aliases = ["dist_ckpt_format", "ckpt_convert_format"] },
        .. LayoutFlags.All,
        new("no_save_optim", FlagKind.Bool, "leave optimizer and scheduler out"),
        new("no_save_rng", FlagKind.Bool, "leave random number states out"),
        new("optimizer_format", FlagKind.Text, "fully_reshardable (the distributed optimizer of core 0.15 and later, the default) or non_distributed (every core)"),
        new("strict", FlagKind.Bool, "refuse, before anything is written, where full-precision copies in the optimizer do not round to the weights"),
        new("megatron_version", FlagKind.Text, "megatron-core version that is to read the output; without it, a form that 0.8 to 0.19 read"),
        new("make_vocab_size_divisible_by", FlagKind.Int, "pad the vocabulary anew, to a multiple of this times the tensor parallel size"),
        new("thread_count", FlagKind.Int, "number of .distcp files; without it, by size"),
        .. LegacyFlags.All,
        .. RunFlags.All,
        .. CommonFlags.All,
    ];

    public IReadOnlyList<(string Line, string Does)> Examples =>
    [
        ("ckpt reshard --load run --save run-tp4 --tp 4 --pp 2", "the newest iteration for four by two ranks"),
        ("ckpt reshard --load old-zarr-run --save run --ckpt_format torch_dist", "a zarr checkpoint in the format of today"),
        ("ckpt reshard --load run/iter_0001000 --save release --ckpt_format torch --tp 2 --no_save_optim --no_save_rng", "weights only, as legacy files by rank"),
    ];

    public CommandResult Run(FlagValues values, CommandContext context)
    {
        var arguments = Parse(values);
        foreach (var note in values.Notes) { context.Progress.Note("note: " + note); }
        RunFlags.RefuseExistingOutput(arguments.Settings);
        return context.Progress.During(progress => ConversionRun.Execute(arguments.Settings, () => ReshardPreparation.Prepare(arguments, context.Cancel), progress, context.Cancel));
    }

    /// <summary>The arguments, checked against each other.</summary>
    internal static ReshardArguments Parse(FlagValues values)
    {
        var source = values.Text("load") ?? throw new UsageException("CLI-9.1", "reshard", "no source: give --load, a Megatron checkpoint");
        var output = values.Text("output_dir") ?? throw new UsageException("CLI-9.1", "reshard", "no output: give --save");
        var format = values.Text("ckpt_format");
        if (format is not (null or "torch" or "torch_dist" or "zarr")) { throw new UsageException("CLI-9.2", "--ckpt_format", $"{format}; allowed are {Formats}"); }
        var sizes = LayoutFlags.Sizes(values, expertTensor: null);
        return new ReshardArguments
        {
            Settings = RunFlags.Settings(values, "reshard", source, RunFlags.CheckedOutput(output, source)) with { Strict = values.Bool("strict") },
            TensorCuts = LegacyFlags.Cuts(values),
            Format = format,
            Sizes = LayoutFlags.All.Any(flag => values.Has(flag.Name)) ? sizes : null,
            Stages = LayoutFlags.Stages(values, sizes),
            Optimizer = Optimizer(values),
            Experts = LegacyFlags.Experts(values),
            Layers = LegacyFlags.Layers(values),
            DropRng = values.Bool("no_save_rng"),
            MegatronVersion = values.Text("megatron_version"),
            DataFiles = RunFlags.AtLeastOne(values, "thread_count"),
            VocabDivisibleBy = RunFlags.AtLeastOne(values, "make_vocab_size_divisible_by"),
        };
    }

    static OptimizerTarget Optimizer(FlagValues values) => (values.Bool("no_save_optim"), values.Text("optimizer_format")) switch
    {
        (true, _) => OptimizerTarget.Dropped,
        (_, null or "fully_reshardable") => OptimizerTarget.FullyReshardable,
        (_, "non_distributed") => OptimizerTarget.NonDistributed,
        (_, var other) => throw new UsageException("CLI-9.2", "--optimizer_format", $"{other}; allowed are fully_reshardable and non_distributed"),
    };
}
