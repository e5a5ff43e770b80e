using System.Runtime.InteropServices;

namespace Ckpt.Inference.Kernels;

/// <summary>
/// Products of weights with inputs. Weights lie in panels of 32 rows, input by input, so that a step of a panel is one line of a cache and every
/// product goes to a lane of its own: no sums across lanes, and every input row is summed alike whatever is beside it.
/// </summary>
static unsafe class Panels
{
    /// <summary>Rows of a panel.</summary>
    internal const int Rows = 32;

    /// <summary>Steps whose weights stay in a core's first cache while inputs go over them; their sums are added to the others at once, which keeps rounding small.</summary>
    internal const int BlockSteps = 256;

    /// <summary>Input rows whose part of a block stays in a core's second cache while panels go over it.</summary>
    internal const int BlockInputs = 64;

    /// <summary>Inputs that kernels take together.</summary>
    internal const int Together = 8;

    /// <summary>Panels of so many rows.</summary>
    internal static int Count(int rows) => (rows + Rows - 1) / Rows;

    /// <summary>Bytes of a panel.</summary>
    internal static long Bytes(int columns, bool isHalf) => (long)columns * Rows * (isHalf ? sizeof(ushort) : sizeof(float));

    /// <summary>Values of the room that products need of so many panels at once with so many inputs, the widest of so many values.</summary>
    internal static int RoomValues(int panels, int inputs, long columns) => Math.Min(BlockInputs, inputs) * ((panels * Rows) + (int)Math.Min(BlockSteps, columns));

    /// <summary>Puts rows into a panel.</summary>
    /// <param name="values">Rows, one after the other.</param>
    /// <param name="first">The first one's place in the panel.</param>
    /// <param name="count">How many.</param>
    /// <param name="columns">Values of a row.</param>
    /// <param name="isHalf">Whether the panel is of bfloat16, which all values then are.</param>
    /// <param name="panel">The panel.</param>
    internal static void Put(ReadOnlySpan<float> values, int first, int count, int columns, bool isHalf, byte* panel)
    {
        fixed (float* rows = values) { Put(rows, columns, first, count, columns, isHalf, panel); }
    }

    /// <summary>The same of rows that lie so many values apart.</summary>
    internal static void Put(float* rows, nint stride, int first, int count, int columns, bool isHalf, byte* panel)
    {
        // Blocks of lines that stay in the first cache while rows go over them.
        const int Lines = 128;
        for (var begin = 0; begin < columns; begin += Lines)
        {
            var end = Math.Min(columns, begin + Lines);
            for (var row = 0; row < count; row++)
            {
                var from = rows + (row * stride);
                var place = first + row;
                if (isHalf)
                {
                    var to = (ushort*)panel + ((place & 15) * 2) + (place >> 4);
                    for (var step = begin; step < end; step++) { to[(nint)step * Rows] = (ushort)(*(uint*)(from + step) >> 16); }
                }
                else
                {
                    var to = (float*)panel + place;
                    for (var step = begin; step < end; step++) { to[(nint)step * Rows] = from[step]; }
                }
            }
        }
    }

    /// <summary>One input with a panel of float32, by the processor's kernel.</summary>
    internal static void One(byte* panel, float* input, int steps, float* sums)
    {
        if (PanelKernel512.IsFast) { PanelKernel512.One<SinglePanel>(panel, input, steps, sums); }
        else { PanelKernel256.One<SinglePanel>(panel, input, steps, sums); }
    }

    /// <summary>Eight inputs, step by step side by side, with a panel of float32, by the processor's kernel.</summary>
    internal static void Eight(byte* panel, float* inputs, int steps, float* sums)
    {
        if (PanelKernel512.IsFast) { PanelKernel512.Eight<SinglePanel>(panel, inputs, steps, sums); }
        else { PanelKernel256.Eight<SinglePanel>(panel, inputs, steps, sums); }
    }

    /// <summary>For each input row the products with all rows of some panels.</summary>
    /// <param name="panels">Panels, one after the other.</param>
    /// <param name="count">How many.</param>
    /// <param name="isHalf">Whether they are of bfloat16.</param>
    /// <param name="inputs">Rows of <paramref name="columns"/>.</param>
    /// <param name="inputRows">How many.</param>
    /// <param name="columns">Values of a row.</param>
    /// <param name="outputs">For each input row a row of outputs.</param>
    /// <param name="stride">From one output row to the next.</param>
    /// <param name="rows">Outputs of a row; those of the last panel behind are not written.</param>
    /// <param name="room">Room for <see cref="RoomValues"/> values.</param>
    internal static void Multiply(byte* panels, int count, bool isHalf, float* inputs, int inputRows, int columns, float* outputs, nint stride, int rows, float* room)
    {
        if (PanelKernel512.IsFast) { Multiply<PanelKernel512>(panels, count, isHalf, inputs, inputRows, columns, outputs, stride, rows, room); }
        else { Multiply<PanelKernel256>(panels, count, isHalf, inputs, inputRows, columns, outputs, stride, rows, room); }
    }

    /// <summary>The same with a kernel that is chosen.</summary>
    internal static void Multiply<TKernel>(byte* panels, int count, bool isHalf, float* inputs, int inputRows, int columns, float* outputs, nint stride, int rows, float* room)
        where TKernel : struct, IPanelKernel
    {
        if (isHalf) { Multiply<TKernel, HalfPanel>(panels, count, inputs, inputRows, columns, outputs, stride, rows, room); }
        else { Multiply<TKernel, SinglePanel>(panels, count, inputs, inputRows, columns, outputs, stride, rows, room); }
    }

    static void Multiply<TKernel, TFormat>(byte* panels, int count, float* inputs, int inputRows, int columns, float* outputs, nint stride, int rows, float* room)
        where TKernel : struct, IPanelKernel
        where TFormat : struct, IPanelFormat
    {
        var most = Math.Min(BlockInputs, inputRows);
        var sums = room + (most * Math.Min(BlockSteps, columns));
        for (var first = 0; first < inputRows; first += BlockInputs)
        {
            var block = Math.Min(BlockInputs, inputRows - first);
            for (var panel = 0; panel < count; panel++) { NativeMemory.Clear(sums + ((nint)panel * most * Rows), (nuint)block * Rows * sizeof(float)); }
            for (var step = 0; step < columns; step += BlockSteps)
            {
                var steps = Math.Min(BlockSteps, columns - step);
                Gather(inputs + ((nint)first * columns) + step, block, columns, steps, room);
                for (var panel = 0; panel < count; panel++)
                {
                    var weights = panels + ((((nint)panel * columns) + step) * TFormat.StepBytes);
                    var to = sums + ((nint)panel * most * Rows);
                    var input = 0;
                    for (; input <= block - 8; input += 8) { TKernel.Eight<TFormat>(weights, room + ((nint)input * steps), steps, to + (input * Rows)); }
                    for (; input < block; input++) { TKernel.One<TFormat>(weights, inputs + (((nint)first + input) * columns) + step, steps, to + (input * Rows)); }
                }
            }
            for (var panel = 0; panel < count; panel++)
            {
                var width = Math.Min(Rows, rows - (panel * Rows)) * sizeof(float);
                for (var input = 0; input < block; input++)
                {
                    Buffer.MemoryCopy(sums + ((((nint)panel * most) + input) * Rows), outputs + ((first + input) * stride) + (panel * Rows), width, width);
                }
            }
        }
    }

    // Eight rows side by side, step by step.
    static void Gather(float* inputs, int count, int columns, int steps, float* room)
    {
        for (var first = 0; first <= count - 8; first += 8, room += 8 * steps)
        {
            for (var row = 0; row < 8; row++)
            {
                var from = inputs + ((nint)(first + row) * columns);
                for (var step = 0; step < steps; step++) { room[(step * 8) + row] = from[step]; }
            }
        }
    }
}
