using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ckpt.Trainer.Modeling.Kernels;

/// <summary>Rotary position embedding of heads; turned back, it is its own gradient.</summary>
static unsafe class RotaryKernel
{
    /// <summary>Copies heads, turning a part of each.</summary>
    /// <param name="input">Rows of heads of <paramref name="width"/> elements.</param>
    /// <param name="output">The same.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="heads">Heads a row.</param>
    /// <param name="width">Elements a head.</param>
    /// <param name="first">The first element that turns.</param>
    /// <param name="angles">Angles, by row.</param>
    /// <param name="back">Whether it turns back.</param>
    internal static void Turn<T>(nint input, nint output, long rows, int heads, int width, int first, RotaryTable angles, bool back) where T : unmanaged, IElement<T> =>
        KernelRows.Run(rows, heads * width, (from, end, _) =>
        {
            var buffer = new float[width];
            for (var row = from; row < end; row++)
            {
                var cosines = angles.Cosines(row);
                var sines = angles.Sines(row);
                for (var head = 0; head < heads; head++)
                {
                    var at = ((row * heads) + head) * width;
                    T.Widen(new ReadOnlySpan<T>((T*)input + at, width), buffer);
                    Head(buffer.AsSpan(first), cosines, sines, angles.IsInterleaved, back);
                    T.Narrow(buffer, new Span<T>((T*)output + at, width));
                }
            }
        });

    /// <summary>Turns the first twice as many elements of a head as there are angles.</summary>
    internal static void Head(Span<float> head, ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines, bool interleaved, bool back)
    {
        var half = cosines.Length;
        var sign = back ? -1f : 1f;
        var i = 0;
        if (!interleaved)
        {
            ref var one = ref MemoryMarshal.GetReference(head);
            ref var two = ref MemoryMarshal.GetReference(head[half..]);
            ref var cosine = ref MemoryMarshal.GetReference(cosines);
            ref var sine = ref MemoryMarshal.GetReference(sines);
            for (; i <= half - 8; i += 8)
            {
                var (a, b) = (Vector256.LoadUnsafe(ref one, (nuint)i), Vector256.LoadUnsafe(ref two, (nuint)i));
                var (c, s) = (Vector256.LoadUnsafe(ref cosine, (nuint)i), Vector256.LoadUnsafe(ref sine, (nuint)i) * sign);
                ((a * c) - (b * s)).StoreUnsafe(ref one, (nuint)i);
                ((b * c) + (a * s)).StoreUnsafe(ref two, (nuint)i);
            }
        }
        for (; i < half; i++)
        {
            var (first, second) = interleaved ? (2 * i, (2 * i) + 1) : (i, i + half);
            var (a, b, s) = (head[first], head[second], sines[i] * sign);
            head[first] = (a * cosines[i]) - (b * s);
            head[second] = (b * cosines[i]) + (a * s);
        }
    }
}
