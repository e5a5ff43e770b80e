using System.Globalization;
using System.Text.Json.Nodes;
using Ckpt.Cli.Commands;
using Ckpt.Cli.Export;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Output;
using Ckpt.Formats;
using Ckpt.Trainer.Loop;

namespace Ckpt.Cli.Training;

/// <summary>Runs <c>pt</c> and <c>sft</c>: starts the ranks of a line that asks for several, or is one of them.</summary>
/// <param name="backend">What computes.</param>
sealed class TrainingRunner(ITrainerBackend backend)
{
    /// <summary>What a line comes to.</summary>
    internal CommandResult Run(string command, FlagValues values, CommandContext context)
    {
        var ranks = RankEnvironment.From(Environment.GetEnvironmentVariable);
        var cache = new HubCache(context.Environment);
        var arguments = TrainingFlags.Parse(values, command, ranks, cache.Find, Base);
        if (backend.Unavailable is { } reason) { throw new UnsupportedCheckpointException("CLI-11.5", command, reason); }
        if (ranks.Rank == 0)
        {
            foreach (var note in values.Notes) { context.Progress.Note("note: " + note); }
        }
        if (ranks.Processes > 0)
        {
            var code = new RankLauncher(RankProgram.Own(), ranks, context.Progress.Note).Run(context.Cancel);
            return new CommandResult(code, new JsonObject { ["ranks"] = ranks.World, ["exit_code"] = code }, []);
        }

        var around = new RunSurroundings(name => Found(cache, name), cache.FindDataset, context.Progress.Note, [new ConsoleLog(context.Progress.Note)], TimeProvider.System);
        var result = new TrainingRun(arguments, backend, around).Run(context.Cancel);
        return ranks.Rank == 0 ? Result(result) : new CommandResult(ExitCode.Done, [], []);
    }

    static CommandResult Result(RunResult result)
    {
        var state = result.State;
        var json = new JsonObject
        {
            ["run"] = result.Folder,
            ["iteration"] = state.Iteration,
            ["consumed_train_samples"] = state.ConsumedRows,
            ["last_model_checkpoint"] = state.LastCheckpoint,
            ["best_model_checkpoint"] = state.BestCheckpoint,
            ["best_metric"] = state.BestMetric,
        };
        List<string> lines = [string.Create(CultureInfo.InvariantCulture, $"trained {state.Iteration} steps on {state.ConsumedRows:N0} rows"), $"last checkpoint: {state.LastCheckpoint ?? "none"}"];
        if (state.BestCheckpoint is { } best) { lines.Add(string.Create(CultureInfo.InvariantCulture, $"best checkpoint: {best} (eval_loss {state.BestMetric:G6})")); }
        return new CommandResult(ExitCode.Done, json, lines);
    }

    static (string? Model, string? Megatron) Base(string adapter, bool isMegatron)
    {
        var origin = AdapterOrigin.Find(adapter, isMegatron);
        return (origin.Model, origin.McoreModel);
    }

    static string? Found(HubCache cache, string name)
    {
        try { return cache.Find(name); }
        catch (FileNotFoundException) { return null; }
    }
}
