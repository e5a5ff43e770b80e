namespace Ckpt.Trainer.Modeling.Kernels;

/// <summary>Weights of the norms of query and key heads, where there are any.</summary>
/// <param name="Query">Where they lie; 0: no norm.</param>
/// <param name="Key">Where they lie; 0: no norm.</param>
/// <param name="Epsilon">Added to mean squares.</param>
/// <param name="Shift">Added to the weights.</param>
readonly record struct QkvNorms(nint Query, nint Key, float Epsilon, float Shift)
{
    internal (float[]? Query, float[]? Key) Factors<T>(int dim) where T : unmanaged, IElement<T> => (
        Query == 0 ? null : RmsNormKernel.Factors<T>(Query, dim, Shift), Key == 0 ? null : RmsNormKernel.Factors<T>(Key, dim, Shift));
}
