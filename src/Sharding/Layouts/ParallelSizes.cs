using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Ckpt.Formats;

namespace Ckpt.Sharding.Layouts;

/// <summary>How many ranks a model is split over, each way; what was not said is 1 or null.</summary>
public sealed record ParallelSizes
{
    /// <summary>The place that messages name: sizes come from a user or from a run's arguments, not from a file's bytes.</summary>
    public const string Where = "parallel sizes";

    /// <summary>Far more processes than any run has; below it, no product of sizes overflows.</summary>
    public const int MostProcesses = 1 << 24;

    /// <summary>Tensor parallel size.</summary>
    public int Tensor { get; init; } = 1;

    /// <summary>Pipeline parallel size.</summary>
    public int Pipeline { get; init; } = 1;

    /// <summary>Chunks of layers a pipeline stage holds (virtual pipeline).</summary>
    public int VirtualPipeline { get; init; } = 1;

    /// <summary>Expert parallel size.</summary>
    public int Expert { get; init; } = 1;

    /// <summary>Tensor parallel size inside experts; null: that of the rest.</summary>
    public int? ExpertTensor { get; init; }

    /// <summary>Context parallel size.</summary>
    public int Context { get; init; } = 1;

    /// <summary>Data parallel size of the dense part; null: the least with which experts fit too, or what <see cref="World"/> leaves.</summary>
    public int? Data { get; init; }

    /// <summary>Processes there are, or null where that does not matter.</summary>
    public int? World { get; init; }

    /// <summary>MindSpeed's <c>--moe-tp-extend-ep</c>: experts are dealt out over tensor ranks too, and none is cut.</summary>
    public bool ExpertsOverTensor { get; init; }

    /// <summary>Tensor ranks of the experts' grid.</summary>
    public int ExpertTensorSize => ExpertTensor ?? Tensor;

    /// <summary>Ranks that share one expert's rows.</summary>
    public int ExpertCuts => ExpertsOverTensor ? 1 : ExpertTensorSize;

    /// <summary>Ranks that share the experts of a layer.</summary>
    public int ExpertShares => ExpertsOverTensor ? Expert * ExpertTensorSize : Expert;

    /// <summary>The same sizes with data size, expert tensor size and number of processes worked out.</summary>
    /// <exception cref="LayoutException">No number of processes has room for both the dense part and the experts.</exception>
    public ParallelSizes Resolve()
    {
        Positive("tensor parallel size", Tensor);
        Positive("pipeline parallel size", Pipeline);
        Positive("virtual pipeline size", VirtualPipeline);
        Positive("expert parallel size", Expert);
        Positive("expert tensor parallel size", ExpertTensorSize);
        Positive("context parallel size", Context);
        Positive("data parallel size", Data ?? 1);
        Positive("number of processes", World ?? 1);
        if (ExpertsOverTensor && ExpertTensorSize != Tensor) { Throw.ExpertsCutTwice(ExpertTensorSize, Tensor); }
        var dense = Limited((Int128)Tensor * Context * Pipeline);
        var experts = Limited((Int128)ExpertTensorSize * Expert * Pipeline);
        var least = Limited((Int128)dense / Pipeline * (experts / Pipeline) / (Int128)BigInteger.GreatestCommonDivisor(dense / Pipeline, experts / Pipeline) * Pipeline);
        var world = World ?? (Data is { } data ? Limited((Int128)dense * data) : least);
        if (world % dense != 0) { Throw.Uneven(world, $"TP {Tensor} × PP {Pipeline} × CP {Context}", dense); }
        if (world % experts != 0) { Throw.Uneven(world, $"ETP {ExpertTensorSize} × EP {Expert} × PP {Pipeline}", experts); }
        if (Data is { } given && given != world / dense) { Throw.OtherData(given, world, world / dense); }
        return this with { ExpertTensor = ExpertTensorSize, Data = world / dense, World = world };
    }

    static int Limited(Int128 ranks)
    {
        if (ranks > MostProcesses) { Throw.TooMany(ranks); }
        return (int)ranks;
    }

    static void Positive(string what, int size)
    {
        if (size < 1) { Throw.NotPositive(what, size); }
        if (size > MostProcesses) { Throw.TooMany(size); }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NotPositive(string what, int size) => throw new LayoutException(
            "LAY-1.1", Where, $"{what} is {size}, allowed is 1 or more");

        [DoesNotReturn]
        internal static void TooMany(Int128 ranks) => throw new LayoutException(
            "LAY-1.1", Where, $"{ranks} processes are needed, allowed are at most {MostProcesses}");

        [DoesNotReturn]
        internal static void Uneven(long world, string over, long ranks) => throw new LayoutException(
            "LAY-1.2", Where, $"{world} processes cannot be shared evenly by {over} = {ranks} ranks");

        [DoesNotReturn]
        internal static void OtherData(int given, int world, int data) => throw new LayoutException(
            "LAY-1.2", Where, $"the data parallel size is given as {given}, {world} processes make it {data}");

        [DoesNotReturn]
        internal static void ExpertsCutTwice(int expertTensor, int tensor) => throw new LayoutException(
            "LAY-1.3", Where, $"experts are to be dealt out over {tensor} tensor ranks and cut over {expertTensor}: give one");
    }
}
