using Ckpt.Kit;
using Xunit;

namespace Ckpt.EndToEndTests;

/// <summary>Several processes, as launchers start them, share one conversion.</summary>
public class WorkerTests
{
    [Theory, Clause("SHD-8.2"), Clause("SHD-8.3"), Clause("CLI-8.1")]
    [InlineData("RANK", "WORLD_SIZE")]
    [InlineData("SLURM_PROCID", "SLURM_NTASKS")]
    [InlineData("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE")]
    public void ProcessesShareAConversionAndOnePublishes(string rank, string size)
    {
        using var folder = new TemporaryFolder();
        var model = Repository.Vector("hf", "qwen3");
        var alone = Program.Run("export", "--model", model, "--to_mcore", "--output_dir", folder["alone"]);
        Assert.True(alone.ExitCode == 0, alone.All);
        var processes = Enumerable.Range(0, 2).Select(worker =>
            Program.Start([(rank, $"{worker}"), (size, "2")], "export", "--model", model, "--to_mcore", "--output_dir", folder["shared"], "--test_convert_precision")).ToArray();
        var outcomes = processes.Select(Program.Finish).ToArray();
        Assert.All(outcomes, outcome => Assert.True(outcome.ExitCode == 0, outcome.All));
        Assert.Single(outcomes, outcome => outcome.Out.Contains("bit-identical", StringComparison.Ordinal));
        Assert.Single(outcomes, outcome => outcome.Out.Contains("of 2 is done", StringComparison.Ordinal));
        Assert.Equal(Folders.Hashes(folder["alone"]), Folders.Hashes(folder["shared"]));
    }

    [Fact, Clause("CLI-8.1"), Clause("CLI-8.2"), Clause("SHD-8.3")]
    public void WhatOneWorkerLeavesAnyNumberTakesUp()
    {
        using var folder = new TemporaryFolder();
        var line = new[] { "export", "--model", Repository.Vector("hf", "qwen3"), "--to_mcore", "--output_dir", folder["out"] };
        var first = Program.Finish(Program.Start([("RANK", "1"), ("WORLD_SIZE", "3")], line));
        Assert.True(first.ExitCode == 0 && first.Out.Contains("1 of 3 is done", StringComparison.Ordinal), first.All);
        Assert.False(Directory.Exists(folder["out"]));
        Assert.Equal(2, Program.Finish(Program.Start([("RANK", "0"), ("WORLD_SIZE", "3")], [.. line, "--restart"])).ExitCode);
        Assert.Equal(2, Program.Finish(Program.Start([("RANK", "3"), ("WORLD_SIZE", "3")], line)).ExitCode);
        // The script of a Slurm job sees numbers of the job, and is one process.
        var rest = Program.Finish(Program.Start([("SLURM_PROCID", "0"), ("SLURM_NTASKS", "8"), ("SLURM_JOB_ID", "7")], line));
        Assert.True(rest.ExitCode == 0 && rest.Out.Contains("wrote", StringComparison.Ordinal), rest.All);
        Assert.True(File.Exists(Path.Combine(folder["out"], "ckpt.json")));
    }
}
