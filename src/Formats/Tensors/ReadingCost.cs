namespace Ckpt.Formats.Tensors;

/// <summary>Memory that reading a checkpoint takes besides where the bytes go: nothing where elements are read in place.</summary>
/// <param name="FixedBytes">Once (a cache).</param>
/// <param name="BytesPerThread">For each thread that reads.</param>
public readonly record struct ReadingCost(long FixedBytes, long BytesPerThread);
