using Ckpt.Trainer.Datasets;

namespace Ckpt.Trainer.Loop;

/// <summary>One step: the micro batches of a global batch, and the update (TRL-3.6).</summary>
/// <param name="trainee">What is trained.</param>
/// <param name="rows">The rows to train on.</param>
/// <param name="collator">Makes batches of them.</param>
/// <param name="geometry">How batches are cut.</param>
/// <param name="ranks">The other ranks.</param>
/// <param name="perToken">Whether every token of the global batch counts alike; else every micro batch does.</param>
sealed class StepRunner(ITrainee trainee, IRowSource rows, BatchCollator collator, BatchGeometry geometry, IRankGroup ranks, bool perToken)
{
    /// <summary>Adds up the gradients of a step.</summary>
    internal StepLoss Accumulate(long consumed)
    {
        var batches = Enumerable.Range(0, geometry.MicroBatches).Select(k => collator.Collate(rows.MicroBatch(consumed + ((long)k * geometry.Together)))).ToList();
        double[] counts = [batches.Sum(b => b.LabelCount), batches.Sum(b => b.TokenCount)];
        ranks.SumOverData(counts);

        var (loss, others) = (0.0, new Dictionary<string, double>(StringComparer.Ordinal));
        foreach (var batch in batches)
        {
            var factor = perToken ? 1 / Math.Max(counts[0], 1) : 1 / (Math.Max(batch.LabelCount, 1.0) * geometry.MicroBatches * geometry.DataParallel);
            var micro = trainee.Accumulate(batch, factor);
            loss += micro.Sum * factor;
            foreach (var (name, value) in micro.Others ?? [])
            {
                others[name] = others.GetValueOrDefault(name) + (value / (geometry.MicroBatches * geometry.DataParallel));
            }
        }
        // All in one message, in an order that is the same on every rank.
        var names = others.Keys.Order(StringComparer.Ordinal).ToList();
        double[] sums = [loss, .. names.Select(n => others[n])];
        ranks.SumOverData(sums);
        return new StepLoss(sums[0], (long)counts[0], (long)counts[1], [.. names.Select((n, i) => KeyValuePair.Create(n, sums[i + 1]))]);
    }
}

/// <summary>What a step came to, over all ranks.</summary>
/// <param name="Loss">The loss whose gradient was taken.</param>
/// <param name="Labels">Labels that counted.</param>
/// <param name="Tokens">Tokens read.</param>
/// <param name="Others">Further losses by name.</param>
readonly record struct StepLoss(double Loss, long Labels, long Tokens, IReadOnlyList<KeyValuePair<string, double>> Others);
