using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;

namespace Ckpt.Sharding.Layouts;

/// <summary>Which axis of the grid of processes runs fastest: <c>tp-cp-ep-dp-pp</c> where nothing is said.</summary>
public sealed class RankOrder
{
    static readonly string[] s_names = ["tp", "cp", "ep", "dp", "pp"];

    RankOrder(string text, RankAxis[] axes) => (Text, Axes) = (text, axes);

    /// <summary>Megatron's default.</summary>
    public static RankOrder Default { get; } = Parse("tp-cp-ep-dp-pp");

    /// <summary>Megatron's order under <c>--use-tp-pp-dp-mapping</c>.</summary>
    public static RankOrder TensorPipelineData { get; } = Parse("tp-cp-ep-pp-dp");

    /// <summary>The order as given.</summary>
    public string Text { get; }

    /// <summary>The axes named, fastest first; an axis that is not named must have size 1.</summary>
    public IReadOnlyList<RankAxis> Axes { get; }

    /// <summary>Reads names joined by '-': each at most once, in any case of letters.</summary>
    /// <exception cref="LayoutException">An axis has no name here, or stands twice.</exception>
    public static RankOrder Parse(string text)
    {
        var parts = text.Split('-');
        if (parts.Length > s_names.Length) { Throw.TooMany(text); }
        var axes = new RankAxis[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            var axis = Array.IndexOf(s_names, parts[i].Trim().ToLowerInvariant());
            if (axis < 0) { Throw.Unknown(text, parts[i]); }
            if (Array.IndexOf(axes, (RankAxis)axis, 0, i) >= 0) { Throw.Twice(text, parts[i]); }
            axes[i] = (RankAxis)axis;
        }
        return new RankOrder(text, axes);
    }

    /// <summary>An axis by its short name.</summary>
    public static string NameOf(RankAxis axis) => s_names[(int)axis];

    public override string ToString() => Text;

    static class Throw
    {
        [DoesNotReturn]
        internal static void Unknown(string text, string part) => throw new LayoutException(
            "LAY-2.1", ParallelSizes.Where, $"the rank order {Quoted.Name(text)} has {Quoted.Name(part)}, allowed are {string.Join(", ", s_names)}");

        [DoesNotReturn]
        internal static void Twice(string text, string part) => throw new LayoutException(
            "LAY-2.1", ParallelSizes.Where, $"the rank order {Quoted.Name(text)} has {Quoted.Name(part)} twice");

        [DoesNotReturn]
        internal static void TooMany(string text) => throw new LayoutException(
            "LAY-2.1", ParallelSizes.Where, $"the rank order {Quoted.Name(text)} has more than {s_names.Length} parts");
    }
}
