using Ckpt.Inference;
using Ckpt.Sharding;
using Ckpt.Sharding.Running;

namespace Ckpt.Verify.Passes;

/// <summary>
/// Runs two models over the same tokens and compares logits and hidden states. Of the first pass logits and states are kept while the second runs; weights are
/// streamed, so that memory depends on tokens and widths only.
/// </summary>
public sealed class PassComparison
{
    readonly PassSide _a;
    readonly PassSide _b;
    readonly IReadOnlyList<PassSample> _samples;
    readonly PassOptions _options;
    readonly IRunProgress _progress;
    readonly CancellationToken _cancel;
    readonly PassDistance[] _states;
    readonly LogitAccumulator _logits = new();

    PassComparison(PassSide a, PassSide b, IReadOnlyList<PassSample> samples, PassOptions options, IRunProgress progress, CancellationToken cancel)
    {
        (_a, _b, _samples, _options, _progress, _cancel) = (a, b, samples, options, progress, cancel);
        _states = new PassDistance[Math.Min(a.Model.LayerCount, b.Model.LayerCount) + 1];
    }

    int Vocabulary => Math.Min(_a.Model.Vocabulary, _b.Model.Vocabulary);

    /// <summary>Compares.</summary>
    /// <exception cref="ArgumentException">A token that one of the models does not have, or a sample of none.</exception>
    /// <exception cref="Formats.CheckpointException">A weight that is missing or of another shape.</exception>
    /// <exception cref="BudgetException">The passes would not fit the memory.</exception>
    public static PassReport Run(PassSide a, PassSide b, IReadOnlyList<PassSample> samples, PassOptions options, IRunProgress progress, CancellationToken cancel) =>
        new PassComparison(a, b, samples, options, progress, cancel).Run();

    PassReport Run()
    {
        var batches = _samples.Chunk(Math.Max(1, _options.Batch)).ToArray();
        _progress.Begin("comparing forward passes", 0);
        foreach (var batch in batches) { Compare(batch); }
        var states = _states.Select(static (state, i) => new StateDifference(i, state.Relative, state.Mean, state.Max)).ToArray();
        var report = _logits.Result(states, Vocabulary);
        return report.IsEqual && states.All(static state => state.Relative == 0) ? report : report with { Parting = Parting(batches[0], states) };
    }

    void Compare(PassSample[] batch)
    {
        var rows = batch.Sum(static sample => (long)sample.Tokens.Length);
        // What stays of the first while the second runs; tiles of both are then of the same size, so that the same weights give the same bits.
        var held = sizeof(float) * rows * (Math.Max(_a.Model.Vocabulary, _b.Model.Vocabulary) + (_a.Model.LayerCount + 1L) * _a.Model.Hidden);
        var kept = new List<float[]>();
        var logitsA = Pass(_a, batch, held, new ForwardOptions { OnHidden = (_, hidden) => { _cancel.ThrowIfCancellationRequested(); kept.Add([.. hidden.Values]); } });
        var logitsB = Pass(_b, batch, held, new ForwardOptions
        {
            OnHidden = (state, hidden) =>
            {
                _cancel.ThrowIfCancellationRequested();
                if (state >= _states.Length || state >= kept.Count) { return; }
                _states[state].Add(kept[state], hidden.Values);
                kept[state] = [];
            },
        });
        var first = 0;
        foreach (var sample in batch)
        {
            var start = first;
            _logits.Add(sample, token => (Row(logitsA, start + token), Row(logitsB, start + token)));
            first += sample.Tokens.Length;
        }
    }

    ReadOnlyMemory<float> Row(RowMatrix logits, int row) => logits.Values.AsMemory(row * logits.Width, Vocabulary);

    RowMatrix Pass(PassSide side, PassSample[] batch, long held, ForwardOptions options)
    {
        if (held >= _options.MaxMemory) { throw new BudgetException($"what is kept of a pass over {batch.Sum(static sample => sample.Tokens.Length)} tokens takes {held:N0} bytes, allowed are {_options.MaxMemory:N0}; give fewer tokens, or fewer samples at once"); }
        return ForwardPass.Run(side.Model, side.Weights, [.. batch.Select(static sample => sample.Tokens)], options with { MaxMemory = _options.MaxMemory - held, Threads = _options.Threads });
    }

    /// <summary>Looks into the layer in which the states part, or behind the last where they do not.</summary>
    PassParting? Parting(PassSample[] batch, StateDifference[] states)
    {
        var at = PartingRule.First([.. states.Select(static state => state.Relative)], 0);
        var before = at > 0 ? states[at - 1].Relative : 0;
        if (at == 0) { return new PassParting(new ForwardPoint(-1, _a.Model.EmbeddingName, null, false), 0, states[0].Relative); }
        // The last state is behind the last layer and the final norm; only the output layer is behind it.
        var layer = at < 0 ? _a.Model.LayerCount : at - 1;
        var isLast = layer >= _a.Model.LayerCount - 1;
        var points = new PassPoints(point => point.Layer == layer || (isLast && point.Layer == -1), _options.MaxMemory / 4);
        var stop = isLast ? (int?)null : layer + 1;
        Pass(_a, batch, _options.MaxMemory / 2, new ForwardOptions { OnPoint = points.Keep, StopAfterLayer = stop });
        if (points.IsTooMuch) { return null; }
        points.Restart();
        Pass(_b, batch, _options.MaxMemory / 2, new ForwardOptions { OnPoint = points.Compare, StopAfterLayer = stop });
        var found = PartingRule.First([.. points.Distances.Select(static point => point.Relative)], before);
        return found < 0 ? null : new PassParting(points.Distances[found].Point, before, points.Distances[found].Relative);
    }
}
