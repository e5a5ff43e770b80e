using System.Runtime.Intrinsics;

namespace Ckpt.Inference.Kernels;

/// <summary>Rotary position embedding of one head, in place.</summary>
static class Rotation
{
    /// <summary>Turns the first two times as many elements as there are angles; those behind stay.</summary>
    /// <param name="head">The head's elements.</param>
    /// <param name="cosines">One an angle.</param>
    /// <param name="sines">One an angle.</param>
    /// <param name="interleaved">Whether neighbours turn together; else elements half of the turned part apart.</param>
    internal static void Apply(Span<float> head, ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines, bool interleaved)
    {
        var half = cosines.Length;
        var done = 0;
        if (!interleaved)
        {
            var one = head[..half];
            var other = head.Slice(half, half);
            for (; done <= half - Vector256<float>.Count; done += Vector256<float>.Count)
            {
                var (a, b) = (Vector256.Create<float>(one[done..]), Vector256.Create<float>(other[done..]));
                var (cosine, sine) = (Vector256.Create(cosines[done..]), Vector256.Create(sines[done..]));
                ((a * cosine) - (b * sine)).CopyTo(one[done..]);
                ((b * cosine) + (a * sine)).CopyTo(other[done..]);
            }
        }
        for (var i = done; i < half; i++)
        {
            var (first, second) = interleaved ? (2 * i, (2 * i) + 1) : (i, i + half);
            var (a, b) = (head[first], head[second]);
            head[first] = (a * cosines[i]) - (b * sines[i]);
            head[second] = (b * cosines[i]) + (a * sines[i]);
        }
    }
}
