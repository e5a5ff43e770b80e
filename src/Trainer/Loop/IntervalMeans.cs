namespace Ckpt.Trainer.Loop;

/// <summary>Adds up what a line of the log is the mean of.</summary>
sealed class IntervalMeans
{
    readonly Dictionary<string, double> _others = new(StringComparer.Ordinal);
    double _loss;
    double _norm;
    long _tokens;
    long _skipped;
    long _began;

    /// <summary>Steps since the last line.</summary>
    internal long Count { get; private set; }

    internal void Restart(long timestamp)
    {
        (_loss, _norm, _tokens, _skipped, Count, _began) = (0, 0, 0, 0, 0, timestamp);
        _others.Clear();
    }

    /// <summary>Adds a step; of a skipped one there is neither loss nor norm to average.</summary>
    internal void Add(StepLoss loss, double norm, bool skipped)
    {
        Count++;
        _tokens += loss.Tokens;
        if (skipped)
        {
            _skipped++;
            return;
        }
        (_loss, _norm) = (_loss + loss.Loss, _norm + norm);
        foreach (var (name, value) in loss.Others) { _others[name] = _others.GetValueOrDefault(name) + value; }
    }

    internal TrainRecord Record(RunProgress progress, double learningRate, TimeProvider clock)
    {
        var counted = Count - _skipped;
        var seconds = clock.GetElapsedTime(_began).TotalSeconds;
        var others = _others.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => KeyValuePair.Create(o.Key, o.Value / Math.Max(counted, 1))).ToList();
        return new TrainRecord(progress, counted == 0 ? double.NaN : _loss / counted, counted == 0 ? double.NaN : _norm / counted, learningRate, others, seconds > 0 ? _tokens / seconds : 0, _skipped);
    }
}
