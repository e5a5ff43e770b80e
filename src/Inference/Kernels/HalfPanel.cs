using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ckpt.Inference.Kernels;

/// <summary>bfloat16: row i in the lower half of word i, row i + 16 in the upper, so that a shift and a mask make float32 of a whole step.</summary>
readonly unsafe struct HalfPanel : IPanelFormat
{
    public static int StepBytes => Panels.Rows * sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Low(byte* step) => Vector512.ShiftLeft(Vector512.Load((uint*)step), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> High(byte* step) => Vector512.BitwiseAnd(Vector512.Load((uint*)step), Vector512.Create(0xFFFF0000u)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Low(byte* step, int half) => Vector256.ShiftLeft(Vector256.Load((uint*)step + (8 * half)), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> High(byte* step, int half) => Vector256.BitwiseAnd(Vector256.Load((uint*)step + (8 * half)), Vector256.Create(0xFFFF0000u)).AsSingle();
}
