using Ckpt.Inference.Descriptions;

namespace Ckpt.Trainer.Modeling.Kernels;

/// <summary>Cosines and sines of every row of a pass, for one kind of rotary embedding; as transformers computes them, in float32.</summary>
sealed class RotaryTable
{
    readonly float[] _cosines;
    readonly float[] _sines;
    readonly int _half;
    readonly long _period;

    /// <param name="kind">The kind.</param>
    /// <param name="positions">The position of each row; rows behind the last begin anew with the first.</param>
    /// <param name="where">The model, for messages.</param>
    internal RotaryTable(RotaryKind kind, ReadOnlySpan<long> positions, string where)
    {
        var most = 0L;
        foreach (var position in positions) { most = Math.Max(most, position); }
        var frequencies = RotaryFrequencies.Of(kind, most + 1, where);
        (_half, _period, IsInterleaved) = (frequencies.Steps.Length, positions.Length, kind.IsInterleaved);
        (_cosines, _sines) = (new float[positions.Length * _half], new float[positions.Length * _half]);
        for (var row = 0; row < positions.Length; row++)
        {
            for (var i = 0; i < _half; i++)
            {
                var angle = positions[row] * frequencies.Steps[i];
                _cosines[(row * _half) + i] = MathF.Cos(angle) * frequencies.Factor;
                _sines[(row * _half) + i] = MathF.Sin(angle) * frequencies.Factor;
            }
        }
    }

    internal bool IsInterleaved { get; }

    internal ReadOnlySpan<float> Cosines(long row) => _cosines.AsSpan((int)(row % _period) * _half, _half);

    internal ReadOnlySpan<float> Sines(long row) => _sines.AsSpan((int)(row % _period) * _half, _half);
}
