namespace Ckpt.Trainer.Modeling;

/// <summary>
/// Whether LibTorch multiplies matrices with the reference BLAS, which distributions install where nothing better is asked for. It is right and
/// some forty times slower than OpenBLAS (bench/results/training.md).
/// </summary>
public static class ReferenceBlas
{
    /// <summary>What to install; null where there is a faster one, or none can be told. LibTorch must have been loaded.</summary>
    public static string? Advice()
    {
        const string maps = "/proc/self/maps";
        return File.Exists(maps) && IsReference(File.ReadLines(maps))
            ? "LibTorch uses the reference BLAS, which is some forty times slower than OpenBLAS: apt-get install libopenblas0-pthread"
            : null;
    }

    /// <summary>Debian and Ubuntu have it as <c>blas/libblas.so.3…</c>; the same file of a faster one lies in a folder of its name.</summary>
    internal static bool IsReference(IEnumerable<string> maps)
    {
        var isReference = false;
        foreach (var line in maps)
        {
            if (line.Contains("openblas", StringComparison.Ordinal) || line.Contains("libmkl_", StringComparison.Ordinal) || line.Contains("/libblis", StringComparison.Ordinal)) { return false; }
            isReference |= line.Contains("/blas/libblas.so", StringComparison.Ordinal);
        }
        return isReference;
    }
}
