using System.Text.Json.Nodes;
using Ckpt.Formats;

namespace Ckpt.Inference.Descriptions;

/// <summary>The angles of one position step, and what cosines and sines are multiplied by. After transformers 5.12, modeling_rope_utils.</summary>
/// <param name="Steps">One a pair of elements.</param>
/// <param name="Factor">1 where attention is not scaled.</param>
public sealed record RotaryFrequencies(float[] Steps, float Factor)
{
    /// <summary>The angles for sequences of so many positions.</summary>
    /// <exception cref="UnsupportedCheckpointException">INF-3.1: a kind of scaling that is not known.</exception>
    public static RotaryFrequencies Of(RotaryKind kind, long positions, string where)
    {
        var scaling = kind.Scaling ?? [];
        var name = scaling.Text("rope_type") ?? scaling.Text("type") ?? "default";
        return name switch
        {
            "default" or "mrope" => new RotaryFrequencies(Plain(kind.Theta, kind.Dim), 1),
            "linear" => new RotaryFrequencies([.. Plain(kind.Theta, kind.Dim).Select(step => step / (float)Need("factor"))], 1),
            "dynamic" => Dynamic(),
            "llama3" => Llama3(),
            "yarn" => Yarn(),
            "longrope" or "su" => LongRope(),
            _ => throw Throw.Unknown(where, name),
        };

        double Need(string key) => Number(key) ?? throw Throw.Missing(where, name, key);

        double? Number(string key) => scaling.Number(key);

        double Original() => kind.OriginalPositions ?? Number("original_max_position_embeddings") ?? kind.MaxPositions;

        RotaryFrequencies Dynamic()
        {
            var factor = Need("factor");
            var reached = Math.Max(positions, kind.MaxPositions);
            var theta = kind.Theta * Math.Pow((factor * reached / kind.MaxPositions) - (factor - 1), kind.Dim / (kind.Dim - 2.0));
            return new RotaryFrequencies(Plain(theta, kind.Dim), 1);
        }

        RotaryFrequencies Llama3()
        {
            var (factor, low, high, old) = ((float)Need("factor"), (float)Need("low_freq_factor"), (float)Need("high_freq_factor"), (float)Original());
            return new RotaryFrequencies([.. Plain(kind.Theta, kind.Dim).Select(step =>
            {
                var length = 2 * MathF.PI / step;
                if (length > old / low) { return step / factor; }
                if (length < old / high) { return step; }
                var smooth = ((old / length) - low) / (high - low);
                return ((1 - smooth) * step / factor) + (smooth * step);
            })], 1);
        }

        RotaryFrequencies Yarn()
        {
            var original = Original();
            var factor = Number("factor") ?? kind.MaxPositions / original;
            var (scale, all) = (Number("mscale") ?? 0, Number("mscale_all_dim") ?? 0);
            var attention = Number("attention_factor") ?? (scale != 0 && all != 0 ? MScale(factor, scale) / MScale(factor, all) : MScale(factor, 1));
            var low = Correction(NonZero("beta_fast") ?? 32);
            var high = Correction(NonZero("beta_slow") ?? 1);
            if (scaling.Flag("truncate") ?? true) { (low, high) = (Math.Floor(low), Math.Ceiling(high)); }
            (low, high) = (Math.Max(low, 0), Math.Min(high, kind.Dim - 1));
            if (low == high) { high += 0.001; }
            var steps = Plain(kind.Theta, kind.Dim);
            for (var i = 0; i < steps.Length; i++)
            {
                var kept = 1 - Math.Clamp((i - (float)low) / (float)(high - low), 0, 1);
                steps[i] = (steps[i] / (float)factor * (1 - kept)) + (steps[i] * kept);
            }
            return new RotaryFrequencies(steps, (float)attention);

            double Correction(double turns) => kind.Dim * Math.Log(original / (turns * 2 * Math.PI)) / (2 * Math.Log(kind.Theta));

            double? NonZero(string key) => Number(key) is { } value and not 0 ? value : null;
        }

        RotaryFrequencies LongRope()
        {
            var original = Original();
            var factor = Number("factor") ?? kind.MaxPositions / original;
            var attention = Number("attention_factor") ?? (factor <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(factor) / Math.Log(original))));
            var key = positions > original ? "long_factor" : "short_factor";
            // phimoe's own: what cosines and sines are multiplied by, said for each list.
            attention = Number(positions > original ? "long_mscale" : "short_mscale") ?? attention;
            if (scaling[key] is not JsonArray factors || factors.Count != kind.Dim / 2 || factors.Any(static factor => JsonFacts.Number(factor) is null)) { throw Throw.Missing(where, name, key); }
            return new RotaryFrequencies([.. Plain(kind.Theta, kind.Dim).Select((step, i) => step / (float)JsonFacts.Number(factors[i])!.Value)], (float)attention);
        }
    }

    /// <summary>What yarn multiplies attention by.</summary>
    internal static double MScale(double factor, double scale) => factor <= 1 ? 1 : (0.1 * scale * Math.Log(factor)) + 1;

    static float[] Plain(double theta, int dim)
    {
        var steps = new float[dim / 2];
        for (var i = 0; i < steps.Length; i++) { steps[i] = 1 / (float)Math.Pow(theta, 2f * i / dim); }
        return steps;
    }

    static class Throw
    {
        internal static UnsupportedCheckpointException Unknown(string where, string name) => new(
            "INF-3.1", where, $"rope_type is \"{name}\"; handled are default, linear, dynamic, llama3, yarn and longrope");

        internal static MalformedCheckpointException Missing(string where, string name, string key) => new(
            "INF-3.2", where, $"rope_type is \"{name}\", but {key} is missing or no such list as is needed");
    }
}
