using System.Text;

namespace Ckpt.Trainer.Checkpoints;

/// <summary>Lets all ranks of a run fail together: where one cannot go on, the others hear of it instead of waiting for it.</summary>
static class RankAgreement
{
    /// <summary>Does a rank's work; returns when all have done theirs.</summary>
    /// <exception cref="TrainerCheckpointException">TRN-14.4: another rank failed.</exception>
    internal static void Run(IRankExchange exchange, Action work)
    {
        try { work(); }
        catch (Exception error) // told to the others, and thrown on
        {
            exchange.Gather(Encoding.UTF8.GetBytes($"{error.GetType().Name}: {error.Message}"));
            throw;
        }
        var said = exchange.Gather([]);
        for (var rank = 0; rank < said.Count; rank++)
        {
            if (said[rank].Length > 0) { throw new TrainerCheckpointException($"rank {rank} failed: {Encoding.UTF8.GetString(said[rank])}"); }
        }
    }
}
