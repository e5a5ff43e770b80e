using System.Text.Json.Nodes;
using Ckpt.Cli.Flags;
using Ckpt.Data;
using Ckpt.Formats;
using Ckpt.Sharding;
using Ckpt.Sharding.Layouts;
using Ckpt.Sharding.Running;
using Ckpt.Trainer.Loop;

namespace Ckpt.Cli.Output;

/// <summary>A fault as the user sees it: an exit code, what happened, and what to do.</summary>
/// <param name="ExitCode">As in <see cref="Output.ExitCode"/>.</param>
/// <param name="Kind">One word for programs.</param>
/// <param name="Message">What, where, found, allowed.</param>
/// <param name="Advice">What to do; empty where the message says it.</param>
/// <param name="Clause">The clause of spec/ that is broken, or null.</param>
/// <param name="Where">The file, flag or place, or null.</param>
sealed record ErrorReport(int ExitCode, string Kind, string Message, string Advice, string? Clause = null, string? Where = null)
{
    // errno of Linux and macOS, and the Windows codes for a full disk.
    static readonly int[] s_noSpace = [28, 122, 69, unchecked((int)0x80070070), unchecked((int)0x80070027)];

    /// <summary>Judges a fault (CLI-4.1).</summary>
    internal static ErrorReport Of(Exception fault) => fault switch
    {
        AggregateException { InnerExceptions.Count: > 0 } many => Of(First(many)),
        UsageException usage => new(Output.ExitCode.BadArguments, "bad_arguments", usage.Message, "", usage.Clause, usage.Where),
        OutputException taken => new(Output.ExitCode.BadArguments, "output", taken.Message, ""),
        BudgetException budget => new(Output.ExitCode.WouldNotFit, "would_not_fit", budget.Message, ""),
        LayoutException layout when IsFlag(layout.Where) || layout.Where == ParallelSizes.Where || layout.Clause.StartsWith("LAY-", StringComparison.Ordinal) => Of(layout, Output.ExitCode.BadArguments, "bad_arguments", "Choose a split that divides the model."),
        LayoutException layout => Of(layout, Output.ExitCode.BadInput, "layout", "The checkpoint and what describes it (config.json, the common state) do not belong together."),
        MalformedCheckpointException bad => Of(bad, Output.ExitCode.BadInput, "malformed", Damage(bad)),
        UnsupportedCheckpointException other => Of(other, Output.ExitCode.Unsupported, "unsupported", ""),
        MalformedDataException bad => new(Output.ExitCode.BadInput, "malformed", bad.Message, "", bad.Clause, bad.Where),
        UnsupportedDataException other => new(Output.ExitCode.Unsupported, "unsupported", other.Message, "", other.Clause, other.Where),
        TrainingException training => new(Output.ExitCode.BadInput, "training", training.Message, "", training.Clause, training.Where),
        TrainingStoppedException stopped => new(Output.ExitCode.Interrupted, "interrupted", stopped.Message, stopped.Advice),
        OperationCanceledException => new(Output.ExitCode.Interrupted, "interrupted", "interrupted", "Run the same command again to continue."),
        InsufficientMemoryException or OutOfMemoryException => new(Output.ExitCode.WouldNotFit, "would_not_fit", fault.Message, "Give more with --max_memory, or run where there is more."),
        FileNotFoundException missing => new(Output.ExitCode.BadInput, "not_found", missing.Message, PathHint.For(missing.FileName), Where: missing.FileName),
        DirectoryNotFoundException => new(Output.ExitCode.BadInput, "not_found", fault.Message, ""),
        IOException full when s_noSpace.Contains(full.HResult) => new(Output.ExitCode.WouldNotFit, "would_not_fit", full.Message, "Free space on that disk, then run the same command again to continue."),
        IOException or UnauthorizedAccessException => new(Output.ExitCode.BadInput, "io", fault.Message, ""),
        _ => new(Output.ExitCode.Bug, "bug", $"a fault of ckpt itself: {fault.GetType().Name}: {fault.Message}", $"Please report it, with the command line and what follows.{Environment.NewLine}{fault}"),
    };

    /// <summary>The report for people.</summary>
    internal string Text => Advice.Length == 0 ? $"ckpt: {Message}" : $"ckpt: {Message}{Environment.NewLine}      {Advice}";

    /// <summary>The report for programs (CLI-4.3).</summary>
    internal JsonObject Json => new()
    {
        ["error"] = new JsonObject
        {
            ["kind"] = Kind,
            ["exit_code"] = ExitCode,
            ["message"] = Message,
            ["advice"] = Advice,
            ["clause"] = Clause,
            ["where"] = Where,
        },
    };

    static ErrorReport Of(CheckpointException fault, int exitCode, string kind, string advice) =>
        new(exitCode, kind, fault.Message, advice, fault.Clause, fault.Where);

    // What the front end itself finds wrong (CLI-…) says in its own message what to do.
    static string Damage(MalformedCheckpointException fault) => fault.Clause.StartsWith("CLI-", StringComparison.Ordinal) ? ""
        : "Compare its size and hash with the place it came from; an interrupted copy or download is the usual cause.";

    static bool IsFlag(string where) => where.StartsWith("--", StringComparison.Ordinal);

    // Of what several threads met, a real fault says more than the cancelling that it caused.
    static Exception First(AggregateException many)
    {
        var all = many.Flatten().InnerExceptions;
        return all.FirstOrDefault(e => e is not OperationCanceledException) ?? all[0];
    }
}
