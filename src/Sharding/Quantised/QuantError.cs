namespace Ckpt.Sharding.Quantised;

/// <summary>How far quantised weights are from what they were made of, known once they have been written.</summary>
public sealed class QuantError(string name)
{
    readonly Lock _lock = new();
    float _largest;

    /// <summary>The tensor.</summary>
    public string Name { get; } = name;

    /// <summary>The largest difference seen so far, as a part of the largest magnitude of the block it is in.</summary>
    public float Largest { get { lock (_lock) { return _largest; } } }

    internal void Add(float error)
    {
        lock (_lock) { _largest = Math.Max(_largest, error); }
    }
}
