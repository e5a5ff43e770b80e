using Ckpt.Trainer.Datasets;

namespace Ckpt.Trainer.Loop;

/// <summary>Evaluates: the rows that are held back in their order, from the first, as many global batches as asked for (TRL-5.1).</summary>
/// <param name="trainee">What is evaluated.</param>
/// <param name="rows">The rows held back.</param>
/// <param name="collator">Makes batches of them.</param>
/// <param name="geometry">How batches are cut.</param>
/// <param name="ranks">The other ranks.</param>
public sealed class Evaluator(ITrainee trainee, IReadOnlyList<TrainingRow> rows, BatchCollator collator, BatchGeometry geometry, IRankGroup ranks)
{
    /// <summary>The mean loss of a label, or null where a rank was asked to stop.</summary>
    /// <param name="iterations">Global batches; past the last whole round of rows it begins anew.</param>
    /// <param name="cancel">Asked between micro batches; one rank that is asked stops all.</param>
    public double? Loss(long iterations, CancellationToken cancel)
    {
        var active = rows.Count - (rows.Count % geometry.Together);
        var sums = new double[2];
        for (var micro = 0L; micro < iterations * geometry.MicroBatches; micro++)
        {
            if (ranks.Any(cancel.IsCancellationRequested)) { return null; }
            var start = (int)(micro * geometry.Together % active) + (ranks.DataRank * geometry.MicroBatch);
            var batch = collator.Collate([.. Enumerable.Range(start, geometry.MicroBatch).Select(i => rows[i])]);
            sums[0] += trainee.Evaluate(batch);
            sums[1] += batch.LabelCount;
        }
        ranks.SumOverData(sums);
        return sums[0] / Math.Max(sums[1], 1);
    }
}
