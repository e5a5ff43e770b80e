using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ckpt.Inference.Kernels;

/// <summary>With vectors of 16: a step of eight inputs is sixteen multiplications of one load, a shift, a mask and eight broadcasts.</summary>
readonly unsafe struct PanelKernel512 : IPanelKernel
{
    public static bool IsFast => Vector512.IsHardwareAccelerated;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void One<TFormat>(byte* panel, float* inputs, int steps, float* sums) where TFormat : struct, IPanelFormat
    {
        var (low, high) = (Vector512<float>.Zero, Vector512<float>.Zero);
        for (var end = inputs + steps; inputs < end; inputs++, panel += TFormat.StepBytes)
        {
            var x = Vector512.Create(*inputs);
            low = Vector512.FusedMultiplyAdd(TFormat.Low(panel), x, low);
            high = Vector512.FusedMultiplyAdd(TFormat.High(panel), x, high);
        }
        (Vector512.Load(sums) + low).Store(sums);
        (Vector512.Load(sums + 16) + high).Store(sums + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Eight<TFormat>(byte* panel, float* inputs, int steps, float* sums) where TFormat : struct, IPanelFormat
    {
        var (a0, a1, b0, b1) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        var (c0, c1, d0, d1) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        var (e0, e1, f0, f1) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        var (g0, g1, h0, h1) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        for (var end = inputs + ((nint)steps * 8); inputs < end; inputs += 8, panel += TFormat.StepBytes)
        {
            var (low, high) = (TFormat.Low(panel), TFormat.High(panel));
            var x = Vector512.Create(inputs[0]);
            a0 = Vector512.FusedMultiplyAdd(low, x, a0);
            a1 = Vector512.FusedMultiplyAdd(high, x, a1);
            x = Vector512.Create(inputs[1]);
            b0 = Vector512.FusedMultiplyAdd(low, x, b0);
            b1 = Vector512.FusedMultiplyAdd(high, x, b1);
            x = Vector512.Create(inputs[2]);
            c0 = Vector512.FusedMultiplyAdd(low, x, c0);
            c1 = Vector512.FusedMultiplyAdd(high, x, c1);
            x = Vector512.Create(inputs[3]);
            d0 = Vector512.FusedMultiplyAdd(low, x, d0);
            d1 = Vector512.FusedMultiplyAdd(high, x, d1);
            x = Vector512.Create(inputs[4]);
            e0 = Vector512.FusedMultiplyAdd(low, x, e0);
            e1 = Vector512.FusedMultiplyAdd(high, x, e1);
            x = Vector512.Create(inputs[5]);
            f0 = Vector512.FusedMultiplyAdd(low, x, f0);
            f1 = Vector512.FusedMultiplyAdd(high, x, f1);
            x = Vector512.Create(inputs[6]);
            g0 = Vector512.FusedMultiplyAdd(low, x, g0);
            g1 = Vector512.FusedMultiplyAdd(high, x, g1);
            x = Vector512.Create(inputs[7]);
            h0 = Vector512.FusedMultiplyAdd(low, x, h0);
            h1 = Vector512.FusedMultiplyAdd(high, x, h1);
        }
        Add(sums, a0, a1);
        Add(sums + (1 * Panels.Rows), b0, b1);
        Add(sums + (2 * Panels.Rows), c0, c1);
        Add(sums + (3 * Panels.Rows), d0, d1);
        Add(sums + (4 * Panels.Rows), e0, e1);
        Add(sums + (5 * Panels.Rows), f0, f1);
        Add(sums + (6 * Panels.Rows), g0, g1);
        Add(sums + (7 * Panels.Rows), h0, h1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Add(float* sums, Vector512<float> low, Vector512<float> high)
    {
        (Vector512.Load(sums) + low).Store(sums);
        (Vector512.Load(sums + 16) + high).Store(sums + 16);
    }
}
