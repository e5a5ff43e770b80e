using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Kernels;

namespace Ckpt.Inference.Running;

/// <summary>Cosines and sines of every row of a pass, for one kind of rotary embedding.</summary>
sealed class RotaryAngles
{
    readonly float[] _cosines;
    readonly float[] _sines;
    readonly int _half;
    readonly bool _isInterleaved;

    internal RotaryAngles(RotaryKind kind, IReadOnlyList<SequenceRows> sequences, string where)
    {
        (_half, _isInterleaved) = (kind.Dim / 2, kind.IsInterleaved);
        var rows = sequences.Sum(static sequence => sequence.Count);
        (_cosines, _sines) = (new float[rows * _half], new float[rows * _half]);
        foreach (var sequence in sequences)
        {
            // By its own length, so that sequences do not see each other (INF-4.3).
            var frequencies = RotaryFrequencies.Of(kind, sequence.Start + (long)sequence.Count, where);
            for (var i = 0; i < sequence.Count * _half; i++)
            {
                var angle = (sequence.Start + (i / _half)) * frequencies.Steps[i % _half];
                _cosines[(sequence.First * _half) + i] = MathF.Cos(angle) * frequencies.Factor;
                _sines[(sequence.First * _half) + i] = MathF.Sin(angle) * frequencies.Factor;
            }
        }
    }

    /// <summary>Turns a head of a row.</summary>
    internal void Turn(int row, Span<float> head) =>
        Rotation.Apply(head, _cosines.AsSpan(row * _half, _half), _sines.AsSpan(row * _half, _half), _isInterleaved);
}
