using System.Runtime.InteropServices;

namespace Ckpt.Trainer.Modeling.Kernels;

/// <summary>How kernels see a tensor's memory: rows as float32 spans, and blocks of rows shared by threads.</summary>
static unsafe class KernelRows
{
    // Below this many elements a second thread costs more than it brings (measured: 8 µs to start a Parallel.For).
    const long LeastWork = 1 << 15;

    /// <summary>Threads that kernels may use: as many as LibTorch's operators.</summary>
    internal static int Threads { get; set; } = Environment.ProcessorCount;

    /// <summary>Runs a body over blocks of rows; each block is on one thread.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="width">Elements a row, to weigh the work.</param>
    /// <param name="body">First row, end, and the number of the block, below <see cref="Blocks"/>.</param>
    internal static void Run(long rows, long width, Action<long, long, int> body)
    {
        var blocks = Blocks(rows, width);
        if (blocks <= 1)
        {
            body(0, rows, 0);
            return;
        }
        System.Threading.Tasks.Parallel.For(0, blocks, block => body(rows * block / blocks, rows * (block + 1) / blocks, block));
    }

    /// <summary>Into how many blocks <see cref="Run"/> cuts so much work.</summary>
    internal static int Blocks(long rows, long width) => (int)Math.Max(1, Math.Min(Math.Min(Threads, rows), rows * width / LeastWork));

    /// <summary>A row's values: itself where it is float32, else widened into the buffer.</summary>
    internal static ReadOnlySpan<float> Read<T>(T* row, int width, Span<float> buffer) where T : unmanaged, IElement<T>
    {
        var elements = new ReadOnlySpan<T>(row, width);
        if (T.IsSingle) { return MemoryMarshal.Cast<T, float>(elements); }
        T.Widen(elements, buffer);
        return buffer[..width];
    }

    /// <summary>Where a row's values are computed: the row itself where it is float32, else the buffer.</summary>
    internal static Span<float> Target<T>(T* row, int width, Span<float> buffer) where T : unmanaged, IElement<T> =>
        T.IsSingle ? new Span<float>(row, width) : buffer[..width];

    /// <summary>Writes what was computed in <see cref="Target"/>.</summary>
    internal static void Write<T>(ReadOnlySpan<float> values, T* row) where T : unmanaged, IElement<T>
    {
        if (!T.IsSingle) { T.Narrow(values, new Span<T>(row, values.Length)); }
    }
}
