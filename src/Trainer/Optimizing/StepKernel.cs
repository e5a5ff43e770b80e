using System.Runtime.Intrinsics;
using Ckpt.Trainer.Modeling.Kernels;

namespace Ckpt.Trainer.Optimizing;

/// <summary>Steps of optimizers over ranges of float32, in one pass over memory; formulas as torch 2.14's single-tensor ones.</summary>
static unsafe class StepKernel
{
    // Elements that a thread takes at a time.
    const long Block = 1 << 14;

    /// <summary>p ← p · (1 − lr · wd); m ← m + (1 − β₁)(g − m); v ← β₂ v + (1 − β₂) g²; p ← p − lr / c₁ · m / (√v / √c₂ + ε), with g scaled.</summary>
    internal static void Adam(AdamStep step, nint parameter, nint gradient, nint mean, nint variance, long count) => Blocks(count, (from, end) =>
    {
        var p = (float*)parameter;
        var g = (float*)gradient;
        var m = (float*)mean;
        var v = (float*)variance;
        var (keep, one, two) = (Vector256.Create(step.Keep), Vector256.Create(1 - step.Beta1), Vector256.Create(1 - step.Beta2));
        var (beta, scale, rate) = (Vector256.Create(step.Beta2), Vector256.Create(step.Scale), Vector256.Create(step.Rate));
        var (root, epsilon) = (Vector256.Create(step.Root), Vector256.Create(step.Epsilon));
        var i = from;
        for (; i <= end - 8; i += 8)
        {
            var given = Vector256.Load(g + i) * scale;
            var first = Vector256.Load(m + i);
            first += (given - first) * one;
            var second = (Vector256.Load(v + i) * beta) + (given * given * two);
            first.Store(m + i);
            second.Store(v + i);
            ((Vector256.Load(p + i) * keep) - (rate * first / ((Vector256.Sqrt(second) / root) + epsilon))).Store(p + i);
        }
        for (; i < end; i++)
        {
            var given = g[i] * step.Scale;
            m[i] += (given - m[i]) * (1 - step.Beta1);
            v[i] = (v[i] * step.Beta2) + (given * given * (1 - step.Beta2));
            p[i] = (p[i] * step.Keep) - (step.Rate * m[i] / ((MathF.Sqrt(v[i]) / step.Root) + step.Epsilon));
        }
    });

    /// <summary>g ← g + wd · p; b ← μ b + g; p ← p − lr · b.</summary>
    internal static void Descend(SgdStep step, nint parameter, nint gradient, nint buffer, long count) => Blocks(count, (from, end) =>
    {
        var p = (float*)parameter;
        var g = (float*)gradient;
        var b = (float*)buffer;
        for (var i = from; i < end; i++)
        {
            b[i] = (step.Momentum * b[i]) + (g[i] * step.Scale) + (step.Decay * p[i]);
            p[i] -= step.Rate * b[i];
        }
    });

    /// <summary>The sum of squares, in double.</summary>
    internal static double Squares(nint values, long count)
    {
        var sums = new double[(count + Block - 1) / Block];
        Blocks(count, (from, end) =>
        {
            var all = (float*)values;
            var (low, high) = (Vector256<double>.Zero, Vector256<double>.Zero);
            var i = from;
            for (; i <= end - 8; i += 8)
            {
                var (one, two) = Vector256.Widen(Vector256.Load(all + i));
                low += one * one;
                high += two * two;
            }
            var sum = Vector256.Sum(low + high);
            for (; i < end; i++) { sum += (double)all[i] * all[i]; }
            sums[from / Block] = sum;
        });
        return sums.Sum();
    }

    static void Blocks(long count, Action<long, long> body)
    {
        var blocks = (count + Block - 1) / Block;
        KernelRows.Run(blocks, Block, (from, end, _) =>
        {
            for (var block = from; block < end; block++) { body(block * Block, Math.Min(count, (block + 1) * Block)); }
        });
    }
}
