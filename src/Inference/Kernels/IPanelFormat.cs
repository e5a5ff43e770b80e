using System.Runtime.Intrinsics;

namespace Ckpt.Inference.Kernels;

/// <summary>How the weights of a step of a panel are stored: those of <see cref="Panels.Rows"/> rows for one input, so that they are used without being turned around.</summary>
unsafe interface IPanelFormat
{
    /// <summary>Bytes of a step.</summary>
    static abstract int StepBytes { get; }

    /// <summary>Rows 0 to 15 of a step.</summary>
    static abstract Vector512<float> Low(byte* step);

    /// <summary>Rows 16 to 31 of a step.</summary>
    static abstract Vector512<float> High(byte* step);

    /// <summary>Rows 0 to 7 (<paramref name="half"/> 0) or 8 to 15 (1).</summary>
    static abstract Vector256<float> Low(byte* step, int half);

    /// <summary>Rows 16 to 23 (<paramref name="half"/> 0) or 24 to 31 (1).</summary>
    static abstract Vector256<float> High(byte* step, int half);
}
