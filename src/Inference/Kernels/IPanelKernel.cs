namespace Ckpt.Inference.Kernels;

/// <summary>Adds to sums the products of a panel with inputs. Each sum is made step by step, whatever other inputs are beside it.</summary>
unsafe interface IPanelKernel
{
    /// <summary>Whether the processor has what it needs to be fast.</summary>
    static abstract bool IsFast { get; }

    /// <summary>One input.</summary>
    /// <param name="panel">The first step.</param>
    /// <param name="inputs">An input a step.</param>
    /// <param name="steps">Steps.</param>
    /// <param name="sums"><see cref="Panels.Rows"/> sums, added to.</param>
    static abstract void One<TFormat>(byte* panel, float* inputs, int steps, float* sums) where TFormat : struct, IPanelFormat;

    /// <summary>Eight inputs, step by step side by side; sums input by input.</summary>
    static abstract void Eight<TFormat>(byte* panel, float* inputs, int steps, float* sums) where TFormat : struct, IPanelFormat;
}
