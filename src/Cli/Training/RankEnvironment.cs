using System.Globalization;
using Ckpt.Cli.Flags;

namespace Ckpt.Cli.Training;

/// <summary>
/// Which rank of how many this process is, or that it is to start them (CLI-11.4): torchrun's, Open MPI's and Slurm's variables say the first,
/// <c>NPROC_PER_NODE</c> says the second.
/// </summary>
/// <param name="Rank">From 0.</param>
/// <param name="World">At least 1.</param>
/// <param name="MasterAddress">Where rank 0 is.</param>
/// <param name="MasterPort">Where it listens.</param>
/// <param name="IsRank">Whether this process is a rank that a launcher started.</param>
/// <param name="Processes">Ranks to start here; 0 where this process is one itself.</param>
/// <param name="FirstRank">The first of them.</param>
sealed record RankEnvironment(int Rank, int World, string MasterAddress, int MasterPort, bool IsRank, int Processes, int FirstRank)
{
    const string Clause = "CLI-11.4";
    const int DefaultPort = 29500;

    static readonly (string Rank, string Size)[] s_launchers = [("RANK", "WORLD_SIZE"), ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("SLURM_PROCID", "SLURM_NTASKS")];

    /// <summary>Reads the environment.</summary>
    /// <exception cref="UsageException">A number is none, or contradicts another.</exception>
    internal static RankEnvironment From(Func<string, string?> variable)
    {
        var (address, port) = (variable("MASTER_ADDR") is { Length: > 0 } given ? given : "127.0.0.1", Number(variable, "MASTER_PORT", DefaultPort, 1, ushort.MaxValue));
        foreach (var (rank, size) in s_launchers)
        {
            if (variable(rank) is not { Length: > 0 } || variable(size) is not { Length: > 0 }) { continue; }
            // The script of a Slurm job sees the job's numbers too, but runs once: only srun starts tasks, and numbers the step.
            if (rank == "SLURM_PROCID" && variable("SLURM_JOB_ID") is not null && variable("SLURM_STEP_ID") is null) { continue; }
            var world = Number(variable, size, 1, 1, 1 << 20);
            var own = Number(variable, rank, 0, 0, world - 1);
            if (rank != "RANK" && world > 1 && variable("MASTER_ADDR") is not { Length: > 0 }) { address = FirstHost(variable("SLURM_JOB_NODELIST") ?? variable("SLURM_NODELIST")) ?? address; }
            return new RankEnvironment(own, world, address, port, true, 0, 0);
        }
        var processes = Number(variable, "NPROC_PER_NODE", 1, 1, 1 << 16);
        var nodes = Number(variable, "NNODES", 1, 1, 1 << 16);
        var node = Number(variable, "NODE_RANK", 0, 0, nodes - 1);
        return new RankEnvironment(0, processes * nodes, address, port, false, processes * nodes == 1 ? 0 : processes, node * processes);
    }

    // node[03-07,12] and node03,node04 begin with the host that has the first task.
    static string? FirstHost(string? list)
    {
        if (string.IsNullOrEmpty(list)) { return null; }
        var bracket = list.IndexOf('[', StringComparison.Ordinal);
        var comma = list.IndexOf(',', StringComparison.Ordinal);
        if (bracket < 0 || comma >= 0 && comma < bracket) { return comma < 0 ? list : list[..comma]; }
        var inside = list[(bracket + 1)..];
        var end = inside.IndexOfAny(['-', ',', ']']);
        return end < 0 ? null : list[..bracket] + inside[..end];
    }

    static int Number(Func<string, string?> variable, string name, int otherwise, int least, int most)
    {
        if (variable(name) is not { Length: > 0 } text) { return otherwise; }
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
            : throw new UsageException(Clause, $"{name}={text}", $"allowed is {least} to {most}");
    }
}
