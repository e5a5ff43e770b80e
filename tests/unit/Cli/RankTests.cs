using System.Diagnostics;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Training;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Cli;

public sealed class RankTests
{
    [Fact, Clause("CLI-11.4")]
    public void TheEnvironmentSaysWhichRankOrHowManyToStart()
    {
        Assert.Equal(new RankEnvironment(0, 1, "127.0.0.1", 29500, false, 0, 0), Of());
        Assert.Equal(new RankEnvironment(0, 2, "127.0.0.1", 29500, false, 2, 0), Of(("NPROC_PER_NODE", "2")));
        Assert.Equal(new RankEnvironment(0, 8, "h", 1234, false, 4, 4), Of(("NPROC_PER_NODE", "4"), ("NNODES", "2"), ("NODE_RANK", "1"), ("MASTER_ADDR", "h"), ("MASTER_PORT", "1234")));
        Assert.Equal(new RankEnvironment(3, 8, "h", 29500, true, 0, 0), Of(("RANK", "3"), ("WORLD_SIZE", "8"), ("MASTER_ADDR", "h"), ("NPROC_PER_NODE", "4")));
        Assert.Equal(new RankEnvironment(1, 2, "127.0.0.1", 29500, true, 0, 0), Of(("OMPI_COMM_WORLD_RANK", "1"), ("OMPI_COMM_WORLD_SIZE", "2")));
        Assert.Equal(new RankEnvironment(1, 2, "node03", 29500, true, 0, 0), Of(("SLURM_PROCID", "1"), ("SLURM_NTASKS", "2"), ("SLURM_STEP_ID", "0"), ("SLURM_JOB_NODELIST", "node[03-07,12]")));
        Assert.Equal("a", Of(("SLURM_PROCID", "1"), ("SLURM_NTASKS", "2"), ("SLURM_JOB_NODELIST", "a,b[1-2]")).MasterAddress);
        // The script of a Slurm job is no task of it.
        Assert.False(Of(("SLURM_PROCID", "0"), ("SLURM_NTASKS", "2"), ("SLURM_JOB_ID", "7")).IsRank);
        foreach (var bad in new[] { ("NPROC_PER_NODE", "x"), ("NPROC_PER_NODE", "0"), ("MASTER_PORT", "70000"), ("NODE_RANK", "1") })
        {
            Assert.Equal("CLI-11.4", Assert.Throws<UsageException>(() => Of(bad)).Clause);
        }
    }

    [Fact, Clause("CLI-11.4")]
    public void EveryRankIsToldItsNumber()
    {
        using var folder = new TemporaryFolder();
        var code = Launch("echo $RANK $LOCAL_RANK $WORLD_SIZE $LOCAL_WORLD_SIZE $MASTER_ADDR > " + folder.Path + "/$RANK", 3, new CancellationTokenSource(), out _);
        Assert.Equal(0, code);
        Assert.Equal(["0 0 3 3 127.0.0.1", "1 1 3 3 127.0.0.1", "2 2 3 3 127.0.0.1"], Enumerable.Range(0, 3).Select(r => File.ReadAllText(folder[$"{r}"]).Trim()));
    }

    [Fact, Clause("CLI-11.4")]
    public void ADeadRankEndsAll()
    {
        var watch = Stopwatch.StartNew();
        var code = Launch("if [ $RANK = 1 ]; then echo no memory >&2; exit 5; else sleep 60; fi", 2, new CancellationTokenSource(), out var said);
        Assert.Equal(5, code);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30));
        Assert.Contains("rank 1 ended with exit code 5; 1 others are ended", said);
    }

    [Fact, Clause("CLI-11.4"), Clause("TRL-5.4")]
    public void RanksThatAreAskedToStopEndByThemselves()
    {
        using var source = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        // The line comes over standard input.
        Assert.Equal(130, Launch("read line; [ \"$line\" = stop ] && exit 130; exit 1", 2, source, out _));
    }

    static int Launch(string script, int ranks, CancellationTokenSource source, out IReadOnlyList<string> said)
    {
        var lines = new List<string>();
        var code = new RankLauncher(new RankProgram("/bin/sh", ["-c", script]), Of(("NPROC_PER_NODE", $"{ranks}")), line =>
        {
            lock (lines) { lines.Add(line); }
        }).Run(source.Token);
        lock (lines) { said = [.. lines]; }
        return code;
    }

    static RankEnvironment Of(params (string Name, string Value)[] variables) => RankEnvironment.From(name => variables.FirstOrDefault(v => v.Name == name).Value);
}
