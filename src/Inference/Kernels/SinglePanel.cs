using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ckpt.Inference.Kernels;

/// <summary>float32, row by row.</summary>
readonly unsafe struct SinglePanel : IPanelFormat
{
    public static int StepBytes => Panels.Rows * sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Low(byte* step) => Vector512.Load((float*)step);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> High(byte* step) => Vector512.Load((float*)step + 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Low(byte* step, int half) => Vector256.Load((float*)step + (8 * half));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> High(byte* step, int half) => Vector256.Load((float*)step + 16 + (8 * half));
}
