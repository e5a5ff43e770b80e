using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Data.Datasets;
using Ckpt.Trainer.Datasets;
using Ckpt.Trainer.Logging;
using Ckpt.Trainer.Loop.Arguments;

namespace Ckpt.Trainer.Loop;

/// <summary>A training run from its arguments to its last checkpoint, on one of its ranks.</summary>
/// <param name="arguments">What was asked for.</param>
/// <param name="backend">What computes.</param>
/// <param name="around">The process.</param>
public sealed class TrainingRun(TrainingArguments arguments, ITrainerBackend backend, RunSurroundings around)
{
    static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    static readonly JsonSerializerOptions s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Runs it.</summary>
    /// <exception cref="OperationCanceledException">It was stopped; what was done is saved.</exception>
    public RunResult Run(CancellationToken cancel)
    {
        var place = arguments.Place;
        var geometry = new BatchGeometry(arguments.Batches.MicroBatch, arguments.Batches.GlobalBatch, place.DataParallel);
        var text = TrainingText.Of(arguments, around.FindModel);
        Note($"template: {text.Template}");
        using var data = TrainingData.Read(arguments, text, around.FindDataset, Note, around.Clock.GetLocalNow().DateTime, cancel);
        var plan = IterationPlan.Of(arguments.Batches.Wish, geometry, data.Count, data.Validation.Count);
        var (rate, decay) = (arguments.Optimizer.Schedule(plan.Iterations, geometry.GlobalBatch), arguments.Optimizer.DecaySchedule(plan.Iterations, geometry.GlobalBatch));
        if (data.Validation.Count > 0 && plan.EvalIterations == 0) { Note($"{data.Validation.Count} rows to evaluate on are fewer than the {geometry.Together} that ranks take at once: nothing is evaluated"); }

        var ranks = backend.Connect(place);
        try
        {
            // One clock names the folder of all ranks.
            var folder = ranks.FromFirst(Folder());
            var json = ArgsJson.Of(arguments, text, plan);
            if (ranks.Rank == 0) { Begin(folder, json, data.SplitOff); }
            using var session = backend.Open(arguments, text, ranks, new SessionPlan(folder, plan, rate, decay, json));
            foreach (var note in session.Notes) { Note(note); }
            Note(FormattableString.Invariant($"{plan.Iterations} steps of {geometry.GlobalBatch} rows ({geometry.MicroBatches} micro batches of {geometry.MicroBatch} on {geometry.DataParallel} data parallel ranks), beginning at {session.Start.Iteration}; writing to {folder}"));

            var collator = new BatchCollator(arguments.Batches.PaddingFree, text.Tokenizer.PadId ?? text.Tokenizer.EosId ?? 0, place.SequenceParallel ? place.TensorParallel : 1);
            var options = new LoopOptions
            {
                Plan = plan,
                Geometry = geometry,
                LearningRate = rate,
                WeightDecay = decay,
                PerTokenLoss = arguments.Batches.PerTokenLoss,
                CheckForNan = arguments.Optimizer.CheckForNan,
                GreaterIsBetter = arguments.Saving.GreaterIsBetter,
            };
            var evaluator = plan.EvalIterations == 0 ? null : new Evaluator(session.Trainee, data.Validation, collator, geometry, ranks);
            var logs = ranks.Rank == 0 ? Logs(folder) : [];
            try
            {
                var source = data.Source(geometry, ranks.DataRank, arguments.Batches.Sampler);
                using var owned = source as IDisposable;
                var loop = new TrainingLoop(options, session.Trainee, source, collator, evaluator, session.Checkpoints, ranks, logs, around.Clock);
                return new RunResult(folder, loop.Run(session.Start, cancel));
            }
            catch (TrainingStoppedException stopped) { throw new TrainingStoppedException(stopped.State, session.ResumeAdvice(stopped.State), cancel); }
            finally
            {
                foreach (var log in logs) { log.Dispose(); }
            }
        }
        finally { (ranks as IDisposable)?.Dispose(); }
    }

    string Folder()
    {
        var output = Path.GetFullPath(arguments.Saving.OutputFolder);
        if (!arguments.Saving.AddVersion || arguments.Place.Rank != 0) { return output; }
        var existing = Directory.Exists(output) ? Directory.EnumerateDirectories(output).Select(d => Path.GetFileName(d)) : [];
        return Path.Combine(output, RunFolder.Next(existing, around.Clock.GetLocalNow().DateTime));
    }

    static void Begin(string folder, JsonObject json, IReadOnlyList<DatasetExample> splitOff)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "args.json"), json.ToJsonString(s_indented) + "\n", new UTF8Encoding(false));
        if (splitOff.Count == 0) { return; }
        using var rows = new StreamWriter(Path.Combine(folder, "val_dataset.jsonl"), false, new UTF8Encoding(false)) { NewLine = "\n" };
        foreach (var example in splitOff) { rows.WriteLine(Row(example).ToJsonString(s_line)); }
    }

    static JsonObject Row(DatasetExample example)
    {
        var row = new JsonObject { ["messages"] = new JsonArray([.. example.Messages.Select(Message)]) };
        if (example.Tools is { } tools) { row["tools"] = tools; }
        return row;
    }

    static JsonObject Message(ChatMessage message)
    {
        var json = new JsonObject { ["role"] = message.Role, ["content"] = message.Content };
        if (message.Loss is { } loss) { json["loss"] = loss; }
        if (message.LossScale is { } scale) { json["loss_scale"] = scale; }
        if (message.Reasoning is { } thought) { json["reasoning_content"] = thought; }
        if (message.ToolCalls is { } calls) { json["tool_calls"] = calls.DeepClone(); }
        return json;
    }

    List<ITrainingLog> Logs(string folder)
    {
        var logs = new List<ITrainingLog> { new JsonLinesLog(Path.Combine(folder, "logging.jsonl")), new CurveLog(Path.Combine(folder, "images")) };
        if (arguments.Logging.TensorBoard)
        {
            logs.Add(new TensorBoardLog(arguments.Logging.TensorBoardFolder ?? Path.Combine(folder, "runs"), around.Clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0));
        }
        logs.AddRange(around.Logs);
        return logs;
    }

    void Note(string text)
    {
        if (arguments.Place.Rank == 0) { around.Note(text); }
    }
}

/// <summary>What a run came to.</summary>
/// <param name="Folder">Where it wrote.</param>
/// <param name="State">Where it stands.</param>
public sealed record RunResult(string Folder, LoopState State);
