using Ckpt.Cli.Commands;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Training;
using Ckpt.Formats;
using Ckpt.Kit;
using Ckpt.Trainer.Loop;
using Ckpt.Trainer.Loop.Arguments;
using Xunit;

namespace Ckpt.UnitTests.Cli;

/// <summary>The training lines of the pages that users come from, and the values of their flags.</summary>
public sealed class TrainingLinesTests
{
    const string Expect = "# expect: ";
    static readonly RankEnvironment s_alone = RankEnvironment.From(_ => null);

    public static TheoryData<int, string, string> Lines
    {
        get
        {
            var data = new TheoryData<int, string, string>();
            foreach (var (line, expectation) in Read()) { data.Add(data.Count, line, expectation); }
            return data;
        }
    }

    [Fact, Clause("CLI-11.1")]
    public void AllLinesOfThePagesAreHere() => Assert.Equal(9, Read().Count);

    [Theory, MemberData(nameof(Lines)), Clause("CLI-11.1")]
    public void EveryLineRunsOrIsRefusedByName(int number, string line, string expectation)
    {
        Assert.True(number >= 0);
        var words = ShellWords.Split(line);
        var variables = words.TakeWhile(IsAssignment).Select(w => w.Split('=', 2)).ToDictionary(w => w[0], w => w[1]);
        words = [.. words.SkipWhile(IsAssignment)];
        Assert.Equal(["ckpt", "sft"], words.Take(2));
        var tokens = words.Skip(2).ToList();
        if (expectation != "run")
        {
            var refusal = Assert.Throws<UnsupportedCheckpointException>(() => Parse(tokens, s_alone));
            Assert.Equal("CLI-1.9", refusal.Clause);
            Assert.StartsWith(expectation["refused ".Length..], refusal.Where, StringComparison.Ordinal);
            return;
        }

        var ranks = RankEnvironment.From(variables.GetValueOrDefault);
        var arguments = Parse(tokens, ranks);
        Assert.Equal(variables.TryGetValue("NPROC_PER_NODE", out var processes) ? processes : "1", $"{arguments.Place.World}");
        Assert.Equal(Value(words, "--output_dir", "--save"), arguments.Saving.OutputFolder);
        Assert.Equal(Value(words, "--model"), arguments.Model.Name);
        Assert.Equal(Value(words, "--mcore_model", "--load"), arguments.Model.Megatron);
        Assert.Equal(Values(words, "--dataset", "--data-path"), arguments.Data.Training);
        Assert.Equal(Value(words, "--tensor_model_parallel_size", "--tensor-model-parallel-size") ?? "1", $"{arguments.Place.TensorParallel}");
        Assert.Equal(Value(words, "--micro_batch_size", "--micro-batch-size"), $"{arguments.Batches.MicroBatch}");
        Assert.Equal(Value(words, "--global_batch_size", "--global-batch-size"), $"{arguments.Batches.GlobalBatch}");
        Assert.Equal(Number(Value(words, "--lr")), arguments.Optimizer.LearningRate);
        Assert.Equal(Number(Value(words, "--min_lr", "--min-lr")), arguments.Optimizer.MinLearningRate);
        Assert.Equal(Value(words, "--max_length", "--seq-length"), $"{arguments.Encoding.MaxLength}");
        Assert.Equal(Value(words, "--save_interval", "--save_steps", "--save-interval"), $"{arguments.Batches.Wish.SaveSteps}");
        Assert.Equal(Value(words, "--train_iters", "--train-iters"), arguments.Batches.Wish.TrainIters is { } steps ? $"{steps}" : null);
        Assert.Equal(Value(words, "--num_train_epochs", "--max_epochs"), arguments.Batches.Wish.Epochs is { } epochs ? $"{epochs}" : null);
        Assert.Equal(words.Contains("--lora_rank") || words.Contains("--lora-r"), arguments.Tuning.IsLora);
        if (arguments.Tuning.IsLora)
        {
            Assert.Equal(Value(words, "--lora_rank", "--lora-r"), $"{arguments.Tuning.Rank}");
            Assert.Equal(Values(words, "--target_modules", "--lora-target-modules"), arguments.Tuning.Targets);
        }
        Assert.Equal(Value(words, "--packing") == "true", arguments.Batches.Packing);
        Assert.Equal(Value(words, "--no_save_optim") == "true", arguments.Saving.NoSaveOptimizer);
        Assert.Equal(Value(words, "--save_safetensors") != "false", arguments.Saving.Safetensors);
        Assert.Equal(Value(words, "--recompute_granularity") ?? "selective", arguments.Batches.Recompute);
        Assert.Equal(Number(Value(words, "--lr_warmup_fraction", "--lr-warmup-fraction")), arguments.Optimizer.WarmupFraction);
        Assert.Equal(Value(words, "--system"), arguments.Encoding.System);
        Assert.Equal(Values(words, "--model_name"), arguments.Data.ModelNames);
    }

    [Fact, Clause("CLI-11.2")]
    public void WhatIsNotGivenIsMegatronSwifts()
    {
        var arguments = Parse(["--model", "m", "--dataset", "d", "--train_iters", "10"], s_alone);
        Assert.Equal((1, 16, true, true), (arguments.Batches.MicroBatch, arguments.Batches.GlobalBatch, arguments.Batches.PaddingFree, arguments.Batches.PerTokenLoss));
        Assert.Equal(new IterationWish(10, null, 500, null, -1, false, 5), arguments.Batches.Wish);
        Assert.Equal((1e-5, 0.0, DecayStyle.Cosine, 0.1, 1.0, 0.9, 0.95, 1e-8), (arguments.Optimizer.LearningRate, arguments.Optimizer.MinLearningRate, arguments.Optimizer.Decay, arguments.Optimizer.WeightDecay, arguments.Optimizer.ClipGrad, arguments.Optimizer.Beta1, arguments.Optimizer.Beta2, arguments.Optimizer.Epsilon));
        Assert.Equal((true, true, true), (arguments.Model.Finetune, arguments.Saving.Safetensors, arguments.Saving.AddVersion));
        Assert.Equal(Path.Combine("megatron_output", "m"), arguments.Saving.OutputFolder);
        Assert.Equal(("default", true), (arguments.Encoding.LossScale, arguments.Encoding.UseChatTemplate));
        Assert.Equal(1e-4, Parse(["--model", "m", "--dataset", "d", "--tuner_type", "lora"], s_alone).Optimizer.LearningRate);
        Assert.True(Parse(["--model", "m", "--dataset", "d", "--mcore_adapter", "a"], s_alone).Tuning.IsLora);

        var text = Parse(["--model", "m", "--dataset", "d", "--truncation_strategy", "split"], s_alone, "pt");
        Assert.Equal(("all", false), (text.Encoding.LossScale, text.Encoding.UseChatTemplate));
    }

    [Theory, Clause("CLI-11.2")]
    [InlineData("--model m")]
    [InlineData("--dataset d")]
    [InlineData("--model m --dataset d --lr_decay_style cubic")]
    [InlineData("--model m --dataset d --micro_batch_size 0")]
    [InlineData("--model m --dataset d --lora_dropout 1.5 --tuner_type lora")]
    [InlineData("--model m --dataset d --truncation_strategy split")]
    [InlineData("--model m --dataset d --adapters a b")]
    [InlineData("--model m --dataset d --adapters a --mcore_adapter b")]
    [InlineData("--model m --dataset d --tensor_model_parallel_size 2")]
    [InlineData("--model m --dataset d --metric_for_best_model accuracy")]
    [InlineData("--model m --dataset d --interleave_prob 0.5 x")]
    [InlineData("--model m --dataset d --save_total_limit 1")]
    public void ValuesThatAreNoneAreRefused(string line) =>
        Assert.Equal("CLI-11.2", Assert.Throws<UsageException>(() => Parse(line.Split(' '), s_alone)).Clause);

    [Theory, Clause("CLI-11.3")]
    [InlineData("--torch_dtype float16")]
    [InlineData("--report_to wandb")]
    [InlineData("--report_to tensorboard swanlab")]
    public void WhatCannotBeDoneIsRefusedByName(string flags) =>
        Assert.Equal("CLI-11.3", Assert.Throws<UnsupportedCheckpointException>(() => Parse(["--model", "m", "--dataset", "d", .. flags.Split(' ')], s_alone)).Clause);

    [Theory, Clause("CLI-1.9")]
    [InlineData("--optimizer_cpu_offload true")]
    [InlineData("--context_parallel_size 2")]
    [InlineData("--fp8_format e4m3")]
    [InlineData("--muon_momentum 0.9")]
    [InlineData("--task_type seq_cls")]
    [InlineData("--stage dpo")]
    public void FlagsOfOtherWorkAreRefusedByName(string flags) =>
        Assert.Equal("CLI-1.9", Assert.Throws<UnsupportedCheckpointException>(() => Parse(["--model", "m", "--dataset", "d", .. flags.Split(' ')], s_alone)).Clause);

    [Fact, Clause("CLI-11.5")]
    public void WithoutLibTorchItIsSaidWhatToInstall()
    {
        using var folder = new TemporaryFolder();
        var run = ProgramRun.Of(["sft", "--model", folder.Path, "--dataset", "d", "--train_iters", "1"], commands: [new SftCommand(new NoBackend())]);
        Assert.Equal(4, run.ExitCode);
        Assert.Contains("apt-get install libtorch-dev", run.Error, StringComparison.Ordinal);
        Assert.Contains("CLI-11.5", run.Error, StringComparison.Ordinal);
    }

    static TrainingArguments Parse(IReadOnlyList<string> tokens, RankEnvironment ranks, string command = "sft") =>
        TrainingFlags.Parse(CommandLine.Parse(new SftCommand(new NoBackend()), tokens), command, ranks, static (name, _) => "/cache/" + name, static (_, _) => ("named", null));

    static bool IsAssignment(string word) => word.Contains('=', StringComparison.Ordinal) && char.IsAsciiLetterUpper(word[0]);

    static string? Value(List<string> words, params string[] flags) => flags.Select(f => words.IndexOf(f)).Where(at => at >= 0).Select(at => words[at + 1]).FirstOrDefault();

    static List<string> Values(List<string> words, params string[] flags) => flags.Select(f => words.IndexOf(f)).Where(at => at >= 0).Select(at => words.Skip(at + 1).TakeWhile(w => !w.StartsWith("--", StringComparison.Ordinal)).ToList()).FirstOrDefault() ?? [];

    static double? Number(string? text) => text is null ? null : double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    static List<(string Line, string Expectation)> Read()
    {
        var result = new List<(string, string)>();
        foreach (var block in File.ReadAllText(Repository.Vector("cli", "training-lines.sh")).Split("\n\n").Skip(1))
        {
            var expectation = block.Split('\n').Single(l => l.StartsWith(Expect, StringComparison.Ordinal))[Expect.Length..];
            result.Add((block, expectation));
        }
        return result;
    }

    sealed class NoBackend : ITrainerBackend
    {
        public string? Unavailable => "LibTorch is not here: apt-get install libtorch-dev";

        public IRankGroup Connect(PlaceArguments place) => throw new InvalidOperationException();

        public ITrainingSession Open(TrainingArguments arguments, TrainingText text, IRankGroup ranks, SessionPlan plan) => throw new InvalidOperationException();
    }
}
