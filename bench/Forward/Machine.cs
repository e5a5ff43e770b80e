using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ckpt.Bench;

/// <summary>What the machine gives at best, measured.</summary>
static unsafe class Machine
{
    const nuint Bytes = 1 << 30;

    /// <summary>Bytes a second that threads read of memory no cache holds; the best of several goes.</summary>
    internal static double ReadBandwidth(int threads)
    {
        var memory = (byte*)NativeMemory.AlignedAlloc(Bytes, 64);
        NativeMemory.Fill(memory, Bytes, 1);
        var (best, sum) = (0.0, 0L);
        for (var run = 0; run < 8; run++)
        {
            var start = Clock.Now(threads);
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, part => Interlocked.Add(ref sum, Sum(memory + ((nuint)part * (Bytes / (nuint)threads)), Bytes / (nuint)threads)));
            best = Math.Max(best, Bytes / (Clock.Now(threads) - start));
        }
        NativeMemory.AlignedFree(memory);
        return sum == 0 ? 0 : best;
    }

    /// <summary>Float32 operations a second, a multiplication with its addition counted as two, of registers alone.</summary>
    internal static double Multiplications(int threads)
    {
        const int Rounds = 20_000_000;
        var (best, sum) = (0.0, 0f);
        for (var run = 0; run < 6; run++)
        {
            var start = Clock.Now(threads);
            var sums = new float[threads];
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, part => sums[part] = Chains(Rounds));
            best = Math.Max(best, (double)Rounds * 12 * 16 * 2 * threads / (Clock.Now(threads) - start));
            sum += TensorPrimitives.Sum<float>(sums);
        }
        return float.IsNaN(sum) ? 0 : best;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static long Sum(byte* from, nuint count)
    {
        var (a, b, c, d) = (Vector512<long>.Zero, Vector512<long>.Zero, Vector512<long>.Zero, Vector512<long>.Zero);
        for (var end = from + count; from < end; from += 256)
        {
            a += Vector512.Load((long*)from);
            b += Vector512.Load((long*)(from + 64));
            c += Vector512.Load((long*)(from + 128));
            d += Vector512.Load((long*)(from + 192));
        }
        return Vector512.Sum(a + b + c + d);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static float Chains(int rounds)
    {
        var (x, y) = (Vector512.Create(0.999f), Vector512.Create(0.001f));
        var (a, b, c, d, e, f) = (y, y, y, y, y, y);
        var (g, h, i, j, k, l) = (y, y, y, y, y, y);
        for (var round = 0; round < rounds; round++)
        {
            a = Vector512.FusedMultiplyAdd(a, x, y);
            b = Vector512.FusedMultiplyAdd(b, x, y);
            c = Vector512.FusedMultiplyAdd(c, x, y);
            d = Vector512.FusedMultiplyAdd(d, x, y);
            e = Vector512.FusedMultiplyAdd(e, x, y);
            f = Vector512.FusedMultiplyAdd(f, x, y);
            g = Vector512.FusedMultiplyAdd(g, x, y);
            h = Vector512.FusedMultiplyAdd(h, x, y);
            i = Vector512.FusedMultiplyAdd(i, x, y);
            j = Vector512.FusedMultiplyAdd(j, x, y);
            k = Vector512.FusedMultiplyAdd(k, x, y);
            l = Vector512.FusedMultiplyAdd(l, x, y);
        }
        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }
}
