using System.Globalization;
using Ckpt.Cli.Flags;

namespace Ckpt.Cli.Running;

/// <summary>Which of how many processes of one run this is, as launchers tell: torchrun, Open MPI, Slurm.</summary>
/// <param name="Worker">From 0.</param>
/// <param name="Workers">At least 1.</param>
readonly record struct WorkerEnvironment(int Worker, int Workers)
{
    static readonly (string Rank, string Size)[] s_launchers =
    [
        ("RANK", "WORLD_SIZE"), ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("SLURM_PROCID", "SLURM_NTASKS"),
    ];

    /// <summary>CLI-8.1: the first launcher that says both numbers; 0 of 1 where none does.</summary>
    /// <exception cref="UsageException">A number is none, or the rank is not below the size.</exception>
    internal static WorkerEnvironment From(Func<string, string?> variable)
    {
        foreach (var (rank, size) in s_launchers)
        {
            if (variable(rank) is not { Length: > 0 } rankText || variable(size) is not { Length: > 0 } sizeText) { continue; }
            // The script of a Slurm job sees the job's numbers too, but runs once: only srun starts tasks, and numbers the step.
            if (rank == "SLURM_PROCID" && variable("SLURM_JOB_ID") is not null && variable("SLURM_STEP_ID") is null) { continue; }
            if (!int.TryParse(rankText, NumberStyles.None, CultureInfo.InvariantCulture, out var worker)
                || !int.TryParse(sizeText, NumberStyles.None, CultureInfo.InvariantCulture, out var workers) || worker >= workers)
            {
                throw new UsageException("CLI-8.1", $"{rank}={rankText}, {size}={sizeText}", "a rank is a number from 0 on, below the size");
            }
            return new WorkerEnvironment(worker, workers);
        }
        return new WorkerEnvironment(0, 1);
    }
}
