using Ckpt.Formats;
using Ckpt.Formats.IO;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Megatron.State;
using Ckpt.Sharding.Running;
using Ckpt.Trainer.Checkpoints;
using Xunit;

namespace Ckpt.TrainerTests.Checkpoints;

/// <summary>A run's folder holds complete checkpoints only, those it should, whatever happens meanwhile.</summary>
public sealed class RunFolderTests
{
    static readonly ModelSourceOptions s_model = new() { Model = Repository.Vector("hf", "qwen3-tied") };

    [Fact, Clause("TRN-14.1"), Clause("TRN-14.4")]
    public void ASaveThatFailsLeavesTheOneBefore()
    {
        using var folder = new TemporaryFolder();
        var first = LocalRanks.Run(2, 1, ranks => SavingTests.Save(s_model, ranks, new SaveOptions { OutputDir = folder.Path }))[0];
        var before = Snapshot(first);
        // The second rank's disk gives up in the middle of the optimizer; both ranks hear of it.
        var failures = LocalRanks.Run(2, 1, ranks => Assert.ThrowsAny<IOException>(() => Broken(ranks, folder.Path, 12)).Message);
        Assert.Equal("no space left", failures[1]);
        Assert.Contains("rank 1 failed: IOException: no space left", failures[0], StringComparison.Ordinal);
        Assert.Equal(before, Snapshot(first));
        Assert.Equal([12L], CheckpointFolders.Iterations(folder.Path));

        LocalRanks.Run(2, 1, ranks => Assert.ThrowsAny<IOException>(() => Broken(ranks, folder.Path, 13)).Message);
        Assert.True(Directory.Exists(first[..^2] + "13.partial"));
        Assert.Equal(first, CheckpointFolders.Last(folder.Path));
        // What it left is in nobody's way.
        var next = LocalRanks.Run(1, 2, ranks => SavingTests.Save(s_model, ranks, new SaveOptions { OutputDir = folder.Path }, iteration: 13))[0];
        Assert.Equal(next, CheckpointFolders.Last(folder.Path));
        Assert.Equal(["checkpoint-12", "checkpoint-13"], Directory.GetDirectories(folder.Path).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));
        using var written = SafetensorsReader.Open(next);
        using var model = SafetensorsReader.Open(s_model.Model!);
        Assert.True(CheckpointComparison.Run(model, written, new RunOptions(), new NoProgress(), default).IsEqual);
    }

    [Fact, Clause("TRN-14.2")]
    public void TheBestAndTheLastAreKept()
    {
        using var folder = new TemporaryFolder();
        foreach (var iteration in (long[])[5, 10, 15, 20])
        {
            LocalRanks.Run(1, 1, ranks => SavingTests.Save(s_model, ranks, new SaveOptions { OutputDir = folder.Path, NoSaveOptim = true, TotalLimit = 2, Symlinks = true, Best = 10 }, iteration));
        }
        Assert.Equal([10L, 20L], CheckpointFolders.Iterations(folder.Path));
        Assert.Equal("checkpoint-20", new FileInfo(folder["last"]).LinkTarget);
        Assert.Equal("checkpoint-10", new FileInfo(folder["best"]).LinkTarget);
        Assert.Equal(["best", "checkpoint-10", "checkpoint-20", "last"], Directory.GetFileSystemEntries(folder.Path).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));
    }

    [Fact, Clause("TRN-14.1")]
    public void SavedAgainItIsTheNewOne()
    {
        using var folder = new TemporaryFolder();
        var save = new SaveOptions { OutputDir = folder.Path, NoSaveRng = true };
        var first = LocalRanks.Run(2, 1, ranks => SavingTests.Save(s_model, ranks, save))[0];
        File.WriteAllText(Path.Combine(first, "left-over"), "");
        var again = LocalRanks.Run(2, 1, ranks => SavingTests.Save(s_model, ranks, save))[0];
        Assert.Equal(first, again);
        Assert.False(File.Exists(Path.Combine(again, "left-over")));
        Assert.Single(Directory.GetDirectories(folder.Path));
    }

    [Fact, Clause("TRN-12.4")]
    public void ParametersThatAreNotTheModelAreNotSaved()
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<MalformedCheckpointException>(() => LocalRanks.Run(1, 1, ranks =>
        {
            using var source = ModelSource.Open(s_model, ranks);
            var run = RunInMemory.Load(source);
            var parameters = run.Saved().Where(parameter => parameter.Name != "decoder.final_layernorm.weight");
            return TrainerCheckpoint.Save(source, ranks, SavingTests.StateAt(1, null), [.. parameters], null, new SaveOptions { OutputDir = folder.Path });
        }));
        Assert.Equal("TRN-12.4", error.Clause);
        Assert.Contains("decoder.final_layernorm.weight is missing", error.Message, StringComparison.Ordinal);
        Assert.Empty(CheckpointFolders.Iterations(folder.Path));
    }

    [Fact, Clause("TRN-13.5")]
    public void AModelThatIsNoRunIsSaid()
    {
        using var source = ModelSource.Open(s_model, TrainerRanks.Alone);
        Assert.Equal("TRN-13.5", Assert.Throws<MalformedCheckpointException>(() => ResumedTraining.Open(s_model.Model!, source, TrainerRanks.Alone)).Clause);
    }

    [Fact, Clause("TRN-13.7")]
    public void AStateThatWasNotSavedIsNamed()
    {
        using var folder = new TemporaryFolder();
        var saved = LocalRanks.Run(1, 1, ranks => SavingTests.Save(s_model, ranks, new SaveOptions { OutputDir = folder.Path }))[0];
        using var source = ModelSource.Open(s_model, TrainerRanks.Alone);
        using var training = ResumedTraining.Open(saved, source, TrainerRanks.Alone);
        Assert.Equal("TRN-13.7", Assert.Throws<MalformedCheckpointException>(() => training.Find("decoder.final_layernorm.weight", "momentum")).Clause);
        using var without = ResumedTraining.Open(saved, source, TrainerRanks.Alone, loadOptimizer: false, loadRng: false);
        Assert.False(without.HasOptimizer);
        Assert.Null(without.State.Rng);
        Assert.Empty(without.Groups);
    }

    [Fact, Clause("TRN-11.2")]
    public void ExpertsOfOneLayerAreAlikeAndComplete()
    {
        var ranks = new Models.Megatron.Ranks.RankTensors(1, new Sharding.Layouts.ParallelSizes());
        Models.Megatron.Ranks.RankParameter[] Of(params (string Name, long[] Shape)[] all) => [.. all.Select(entry => new Models.Megatron.Ranks.RankParameter(entry.Name, DType.BF16, new Shape(entry.Shape)))];
        const string Expert = "decoder.layers.0.mlp.experts.linear_fc2.weight";
        foreach (var wrong in (Models.Megatron.Ranks.RankParameter[][])[Of((Expert + "0", [4, 2]), (Expert + "2", [4, 2])), Of((Expert + "0", [4, 2]), (Expert + "1", [4, 3])), Of(("output_layer.weight", [4, 2]), ("output_layer.weight", [4, 2])), Of(("output_layer.weight", []))])
        {
            Assert.Equal("TRN-11.2", Assert.Throws<MalformedCheckpointException>(() => ranks.Globals(wrong, stacked: true)).Clause);
        }
        Assert.Equal("decoder.layers.mlp.experts.experts.linear_fc2.weight [1, 2, 4, 2]", string.Join(' ', ranks.Globals(Of((Expert + "0", [4, 2]), (Expert + "1", [4, 2])), stacked: true).Select(tensor => $"{tensor.Key} {tensor.Shape}")));
    }

    static string Broken(TrainerRanks ranks, string folder, long iteration)
    {
        using var source = ModelSource.Open(s_model, ranks);
        var run = RunInMemory.Load(source);
        run.WithStates((name, kind) => SavingTests.StateOf(kind, run[name]));
        return TrainerCheckpoint.Save(source, ranks, SavingTests.StateAt(iteration, null), run.Saved(), ranks.Rank == 1 ? new BrokenDisk(run) : run, new SaveOptions { OutputDir = folder });
    }

    static string[] Snapshot(string folder) =>
        [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(path => $"{path} {Crc32.Of(File.ReadAllBytes(path))}")];

    /// <summary>States whose bytes cannot be had after a while, as on a disk that is full.</summary>
    sealed class BrokenDisk(RunInMemory inner) : IOptimizerTensors
    {
        int _left = 20;

        public IReadOnlyList<ParamGroupState> Groups => inner.Groups;

        public IReadOnlyList<string> Kinds => inner.Kinds;

        public IByteSource Gather(string parameter, string kind) => new Failing(inner.Gather(parameter, kind), _left-- <= 0);

        sealed class Failing(IByteSource source, bool fails) : IByteSource
        {
            public string Name => source.Name;

            public long Length => source.Length;

            public void ReadExactly(long offset, Span<byte> destination)
            {
                if (fails) { throw new IOException("no space left"); }
                source.ReadExactly(offset, destination);
            }
        }
    }
}
