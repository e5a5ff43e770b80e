using Ckpt.Cli.Flags;
using Ckpt.Formats;
using Ckpt.Trainer.Loop.Arguments;

namespace Ckpt.Cli.Training;

/// <summary>What <c>pt</c> and <c>sft</c> take, and what the flags of a line come to.</summary>
static class TrainingFlags
{
    /// <summary>Every flag, those in use first and in the order of help.</summary>
    internal static readonly IReadOnlyList<FlagSpec> All =
    [
        .. ModelFlags.All, .. DataFlags.All, .. LoopFlags.All, .. PlaceFlags.All,
        .. RefusedTrainingFlags.All, .. IdleTrainingFlags.All, .. CommonFlags.All,
    ];

    /// <summary>The arguments of a run.</summary>
    /// <param name="values">The flags.</param>
    /// <param name="command"><c>pt</c> or <c>sft</c>.</param>
    /// <param name="ranks">Which rank this is.</param>
    /// <param name="findModel">The folder of a model by name and revision.</param>
    /// <param name="findBase">The model that an adapter names.</param>
    /// <exception cref="UsageException">A flag's value is not allowed.</exception>
    /// <exception cref="UnsupportedCheckpointException">It asks for what is not done.</exception>
    internal static TrainingArguments Parse(FlagValues values, string command, RankEnvironment ranks, Func<string, string?, string> findModel, Func<string, bool, (string? Model, string? Megatron)> findBase)
    {
        var isPretraining = command == "pt";
        var place = PlaceFlags.Parse(values, ranks);
        var model = ModelFlags.Model(values, findModel, findBase);
        var tuning = ModelFlags.Tuning(values, model.HasAdapter);
        return new TrainingArguments
        {
            Command = command,
            Model = model,
            Tuning = tuning,
            Optimizer = LoopFlags.Optimizer(values, tuning.IsLora),
            Data = DataFlags.Dataset(values),
            Encoding = DataFlags.Encoding(values, isPretraining),
            Batches = LoopFlags.Batches(values),
            Place = place,
            Saving = LoopFlags.Saving(values, model),
            Logging = LoopFlags.Logging(values),
        };
    }
}
