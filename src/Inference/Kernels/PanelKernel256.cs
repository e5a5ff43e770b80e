using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ckpt.Inference.Kernels;

/// <summary>With vectors of 8, for processors that have no wider ones: two inputs at a time, as sixteen registers allow.</summary>
readonly unsafe struct PanelKernel256 : IPanelKernel
{
    public static bool IsFast => Vector256.IsHardwareAccelerated;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void One<TFormat>(byte* panel, float* inputs, int steps, float* sums) where TFormat : struct, IPanelFormat
    {
        var (a, b, c, d) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        for (var end = inputs + steps; inputs < end; inputs++, panel += TFormat.StepBytes)
        {
            var x = Vector256.Create(*inputs);
            a = Vector256.FusedMultiplyAdd(TFormat.Low(panel, 0), x, a);
            b = Vector256.FusedMultiplyAdd(TFormat.Low(panel, 1), x, b);
            c = Vector256.FusedMultiplyAdd(TFormat.High(panel, 0), x, c);
            d = Vector256.FusedMultiplyAdd(TFormat.High(panel, 1), x, d);
        }
        Add(sums, a, b, c, d);
    }

    public static void Eight<TFormat>(byte* panel, float* inputs, int steps, float* sums) where TFormat : struct, IPanelFormat
    {
        for (var pair = 0; pair < 4; pair++) { Two<TFormat>(panel, inputs + (2 * pair), steps, sums + (2 * pair * Panels.Rows)); }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Two<TFormat>(byte* panel, float* inputs, int steps, float* sums) where TFormat : struct, IPanelFormat
    {
        var (a, b, c, d) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        var (e, f, g, h) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        for (var end = inputs + ((nint)steps * 8); inputs < end; inputs += 8, panel += TFormat.StepBytes)
        {
            var (x, y) = (Vector256.Create(inputs[0]), Vector256.Create(inputs[1]));
            var w = TFormat.Low(panel, 0);
            a = Vector256.FusedMultiplyAdd(w, x, a);
            e = Vector256.FusedMultiplyAdd(w, y, e);
            w = TFormat.Low(panel, 1);
            b = Vector256.FusedMultiplyAdd(w, x, b);
            f = Vector256.FusedMultiplyAdd(w, y, f);
            w = TFormat.High(panel, 0);
            c = Vector256.FusedMultiplyAdd(w, x, c);
            g = Vector256.FusedMultiplyAdd(w, y, g);
            w = TFormat.High(panel, 1);
            d = Vector256.FusedMultiplyAdd(w, x, d);
            h = Vector256.FusedMultiplyAdd(w, y, h);
        }
        Add(sums, a, b, c, d);
        Add(sums + Panels.Rows, e, f, g, h);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Add(float* sums, Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        (Vector256.Load(sums) + a).Store(sums);
        (Vector256.Load(sums + 8) + b).Store(sums + 8);
        (Vector256.Load(sums + 16) + c).Store(sums + 16);
        (Vector256.Load(sums + 24) + d).Store(sums + 24);
    }
}
