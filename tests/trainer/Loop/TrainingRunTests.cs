using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Data;
using Ckpt.Kit;
using Ckpt.Trainer.Datasets;
using Ckpt.Trainer.Loop;
using Ckpt.Trainer.Loop.Arguments;
using Xunit;

namespace Ckpt.TrainerTests.Loop;

/// <summary>A run from its arguments to what it leaves behind: with a model of one number, and with a tiny one over LibTorch.</summary>
public sealed class TrainingRunTests
{
    static readonly string s_model = Repository.Vector("hf", "qwen3");
    static readonly string s_quickstart = Repository.Vector("quickstart");

    [Fact, Clause("TRL-6.4"), Clause("TRL-6.3"), Clause("TRL-6.2")]
    public void ARunLeavesItsArgumentsItsLogsAndTheRowsHeldBack()
    {
        using var folder = new TemporaryFolder();
        var arguments = Arguments(folder.Path, 4) with { Data = new DatasetOptions { Training = [Path.Combine(s_quickstart, "sentences.jsonl") + "#20"], SplitRatio = 0.2 } };
        arguments = arguments with { Saving = arguments.Saving with { AddVersion = true }, Batches = arguments.Batches with { Wish = arguments.Batches.Wish with { EvalSteps = 2 } } };
        var notes = new List<string>();
        var result = new TrainingRun(arguments, new ToyBackend(), Around(notes.Add)).Run(default);

        Assert.Matches("^v0-[0-9]{8}-[0-9]{6}$", Path.GetFileName(result.Folder));
        var args = JsonNode.Parse(File.ReadAllText(Path.Combine(result.Folder, "args.json")))!;
        Assert.Equal(("qwen3", 4, 4, "full"), ((string)args["template"]!, (int)args["global_batch_size"]!, (int)args["train_iters"]!, (string)args["tuner_type"]!));
        var held = File.ReadAllLines(Path.Combine(result.Folder, "val_dataset.jsonl"));
        Assert.Equal(4, held.Length);
        Assert.All(held, row => Assert.Equal("assistant", JsonDocument.Parse(row).RootElement.GetProperty("messages")[1].GetProperty("role").GetString()));
        var log = File.ReadAllLines(Path.Combine(result.Folder, "logging.jsonl"));
        Assert.Equal(2, log.Count(l => l.Contains("eval_loss", StringComparison.Ordinal)));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(result.Folder, "runs"), "events.out.tfevents.*"));
        Assert.True(File.Exists(Path.Combine(result.Folder, "images", "eval_loss.svg")));
        Assert.Contains(notes, n => n.StartsWith("training: 16 rows", StringComparison.Ordinal));
    }

    [Fact, Clause("TRL-3.8")]
    public void AModelWithoutATokenizerIsRefused()
    {
        var arguments = Arguments("out", 1);
        arguments = arguments with { Model = arguments.Model with { Tokenizer = null } };
        Assert.Equal("TRL-3.8", Assert.Throws<MalformedDataException>(() => TrainingText.Of(arguments, _ => null)).Clause);
    }

    [Fact, Clause("TRL-3.5")]
    public void AModelWhoseTemplateIsNotKnownNeedsOne()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.json"], File.ReadAllText(Path.Combine(s_model, "config.json")).Replace("\"qwen3\"", "\"olmo2\"", StringComparison.Ordinal));
        File.Copy(Path.Combine(s_quickstart, "tokenizer.json"), folder["tokenizer.json"]);
        var arguments = Arguments("out", 1);
        arguments = arguments with { Model = new ModelArguments { Name = "x", Folder = folder.Path } };
        Assert.Equal("TRL-3.5", Assert.Throws<UnsupportedDataException>(() => TrainingText.Of(arguments, _ => null)).Clause);
        Assert.Equal("chatml", TrainingText.Of(arguments with { Encoding = arguments.Encoding with { Template = "chatml" } }, _ => null).Template);
        Assert.Equal("dummy", TrainingText.Of(arguments with { Encoding = arguments.Encoding with { UseChatTemplate = false } }, _ => null).Template);
    }

    [Fact, Clause("TRL-3.3")]
    public void TheEmptyThoughtOfATemplateIsNotLearned()
    {
        var arguments = Arguments("out", 1);
        var text = TrainingText.Of(arguments, _ => null);
        var encoder = text.Encoder(arguments.Encoding, DateTime.UnixEpoch);
        using var row = JsonDocument.Parse("""{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}""");
        var sample = encoder.Encode(Data.Templates.Named.ChatSampleParser.Parse(row.RootElement, "row"), "row")[0];
        Assert.Contains("<think>", text.Tokenizer.Decode(sample.InputIds), StringComparison.Ordinal);
        Assert.Equal("hello<|im_end|>\n", text.Tokenizer.Decode([.. sample.Labels!.Where(l => l != TrainingRow.Ignored)]));
    }

    [Fact, Clause("TRL-3.3")]
    public void MindSpeedsTemplatesWriteRowsToo()
    {
        var arguments = Arguments("out", 1);
        arguments = arguments with { Encoding = new EncodingArguments { PromptType = "qwen" }, Data = arguments.Data with { Training = [Path.Combine(s_quickstart, "sentences.jsonl")], Shuffle = false } };
        var text = TrainingText.Of(arguments, _ => null);
        using var data = TrainingData.Read(arguments, text, _ => null, _ => { }, DateTime.UnixEpoch, default);
        var row = data.Source(new BatchGeometry(1, 1, 1), 0, new SamplerOptions(Shuffle: false)).MicroBatch(0)[0];
        Assert.Equal("<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\nWhat is two plus two?<|im_end|>\n<|im_start|>assistant\nTwo plus two is four.<|im_end|>", text.Tokenizer.Decode(row.Ids));
        Assert.Equal("Two plus two is four.<|im_end|>", text.Tokenizer.Decode([.. row.Labels.Where(l => l != TrainingRow.Ignored)]));
    }

    [Theory, Clause("TRL-5.3")]
    [InlineData(false)]
    [InlineData(true)]
    public void AModelThatIsStoppedAndGoesOnIsTheSameModel(bool isLora)
    {
        using var folder = new TemporaryFolder();
        // Dropout, so that random numbers have to go on too.
        TrainingArguments Of(string name, int steps) => Arguments(folder[name], steps) with
        {
            Tuning = new TuningArguments { IsLora = isLora, Dropout = 0.1 },
            Optimizer = new OptimizerArguments { LearningRate = 1e-3, WarmupIterations = 1, DecayIterations = 4 },
        };
        var whole = Of("whole", 4);
        whole = whole with { Batches = whole.Batches with { HiddenDropout = 0.1, Wish = whole.Batches.Wish with { SaveSteps = 2 } } };
        Run(whole);
        var stopped = Path.Combine(folder["whole"], "checkpoint-2");
        var resumed = whole with
        {
            Saving = whole.Saving with { OutputFolder = folder["resumed"] },
            Model = whole.Model with { Finetune = false, Megatron = isLora ? null : stopped, Folder = isLora ? whole.Model.Folder : null, MegatronAdapter = isLora ? stopped : null },
        };
        Assert.Equal(4, Run(resumed).State.Iteration);
        var file = isLora ? "adapter_model.safetensors" : "model.safetensors";
        Assert.Equal(File.ReadAllBytes(Path.Combine(folder["whole"], "checkpoint-4", file)), File.ReadAllBytes(Path.Combine(folder["resumed"], "checkpoint-4", file)));
        Assert.NotEqual(File.ReadAllBytes(Path.Combine(stopped, file)), File.ReadAllBytes(Path.Combine(folder["whole"], "checkpoint-4", file)));
    }

    [Fact, Clause("TRL-5.4")]
    public void AModelThatIsStoppedSaysHowItGoesOn()
    {
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();
        void Note(string line)
        {
            if (line.StartsWith("4 steps of", StringComparison.Ordinal)) { source.Cancel(); }
        }
        var stopped = Assert.Throws<TrainingStoppedException>(() => new TrainingRun(Arguments(folder.Path, 4), new TorchBackend(), Around(Note)).Run(source.Token));
        Assert.True(File.Exists(Path.Combine(folder.Path, "checkpoint-1", "model.safetensors")));
        Assert.Contains("--mcore_model", stopped.Advice, StringComparison.Ordinal);
    }

    static RunResult Run(TrainingArguments arguments) => new TrainingRun(arguments, new TorchBackend(), Around(_ => { })).Run(default);

    static RunSurroundings Around(Action<string> note) => new(_ => null, _ => null, note, [], TimeProvider.System);

    static TrainingArguments Arguments(string output, int steps) => new()
    {
        Command = "sft",
        Model = new ModelArguments { Name = "tiny", Folder = s_model, Tokenizer = s_quickstart, Type = "float32" },
        Tuning = new TuningArguments(),
        Optimizer = new OptimizerArguments { LearningRate = 1e-3 },
        Data = new DatasetOptions { Training = [Path.Combine(s_quickstart, "sentences.jsonl") + "#20"] },
        Encoding = new EncodingArguments(),
        Batches = new BatchArguments { MicroBatch = 2, GlobalBatch = 4, Wish = new IterationWish(steps, null, 500, null, -1, false, 5) },
        Place = new PlaceArguments(),
        Saving = new SavingArguments { OutputFolder = output, AddVersion = false, MergeLora = false },
        Logging = new LoggingArguments(),
    };

    sealed class ToyBackend : ITrainerBackend
    {
        public string? Unavailable => null;

        public IRankGroup Connect(PlaceArguments place) => new SingleRank();

        public ITrainingSession Open(TrainingArguments arguments, TrainingText text, IRankGroup ranks, SessionPlan plan) => new ToySession(plan.RunFolder);
    }

    sealed class ToySession(string folder) : ITrainingSession, ICheckpointSink
    {
        public ITrainee Trainee { get; } = new ToyTrainee(new SingleRank());

        public ICheckpointSink Checkpoints => this;

        public LoopState Start { get; } = new(0, 0);

        public IReadOnlyList<string> Notes => [];

        public string ResumeAdvice(LoopState state) => "";

        public string Save(LoopState state, bool isBest) => Path.Combine(folder, $"checkpoint-{state.Iteration}");

        public void Dispose() => Trainee.Dispose();
    }
}
