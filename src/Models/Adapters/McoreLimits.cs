using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Adapters;

/// <summary>ADP-4.5: what Megatron's adapters cannot hold, and what they hold whole.</summary>
static class McoreLimits
{
    internal static void Check(LogicalAdapter adapter)
    {
        foreach (var module in adapter.Modules)
        {
            if (module.Magnitude is not null) { Throw.Dora(adapter.Where, module.Name); }
            if (module.BiasDelta is not null) { Throw.Bias(adapter.Where, module.Bias!); }
        }
        foreach (var saved in adapter.Saved)
        {
            if (saved.IsBaseLayer && saved.Name.EndsWith(".bias", StringComparison.Ordinal)) { Throw.Bias(adapter.Where, saved.Name); }
            if (saved.Name.EndsWith(".bias", StringComparison.Ordinal) && !adapter.Saved.Any(other => other.Name == saved.Name[..^"bias".Length] + "weight")) { Throw.Bias(adapter.Where, saved.Name); }
        }
    }

    /// <summary>The Megatron parameters that saved tensors are.</summary>
    internal static IEnumerable<string> SavedParameters(LogicalAdapter adapter, TensorMap map)
    {
        var links = new NamingLinks(map);
        return adapter.Saved.Where(static saved => !saved.IsBaseLayer).SelectMany(saved => links.Of(saved.Name)).Select(static found => found.Right.Name).Distinct();
    }

    /// <summary>Links saved tensors; a Megatron parameter must be filled, but for rows of a padded vocabulary.</summary>
    internal static void LinkSaved(LogicalAdapter adapter, TensorMap map, LinkBuilder builder, bool padded)
    {
        var links = new NamingLinks(map);
        var filled = new Dictionary<string, (Shape Shape, long Count)>(StringComparer.Ordinal);
        foreach (var saved in adapter.Saved)
        {
            // The base under an adapter is the base model's own; it is not part of Megatron's adapters.
            if (saved.IsBaseLayer) { continue; }
            foreach (var (mapped, runs) in links.Of(saved.Name))
            {
                if (mapped.Name.EndsWith("layer_norm_weight", StringComparison.Ordinal)) { Throw.FusedNorm(adapter.Where, saved.Name, mapped.Name); }
                var right = builder.Right(McoreAdapterKey.Of(mapped.Name, McorePart.Saved), mapped.StoredShape);
                foreach (var part in saved.Parts)
                {
                    if (part.Runs.To(runs) is not { } both) { continue; }
                    builder.Add(part.Stored, [.. both.Left], right, [.. both.Right]);
                    var (shape, count) = filled.GetValueOrDefault(mapped.Name, (mapped.StoredShape, 0));
                    filled[mapped.Name] = (shape, count + both.Right.Aggregate(1L, static (product, run) => product * run.Count));
                }
            }
        }
        foreach (var (name, (shape, count)) in filled)
        {
            if (count == shape.Count) { continue; }
            var padding = padded ? map.Right.Paddings.FirstOrDefault(padding => map.Right.Tensors[padding.Tensor].Name == name) : default;
            if (padding.Rule is null || padding.Box.Volume + count != shape.Count) { Throw.Partly(adapter.Where, name, count, shape.Count); }
            builder.Pad(builder.Right(McoreAdapterKey.Of(name, McorePart.Saved), shape), padding.Box, padding.Rule);
        }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Dora(string where, string module) => throw new UnsupportedCheckpointException(
            "ADP-4.5", where, $"{module} has magnitudes (use_dora), which Megatron's adapters have not: merge it with --merge_lora true");

        [DoesNotReturn]
        internal static void Bias(string where, string name) => throw new UnsupportedCheckpointException(
            "ADP-4.5", where, $"changes {name}, and Megatron's adapters hold no biases: merge it with --merge_lora true");

        [DoesNotReturn]
        internal static void FusedNorm(string where, string name, string megatron) => throw new UnsupportedCheckpointException(
            "ADP-4.5", where, $"saves {name}, which Megatron keeps inside a linear layer ({megatron}) and not in adapters: merge it with --merge_lora true");

        [DoesNotReturn]
        internal static void Partly(string where, string name, long found, long all) => throw new UnsupportedCheckpointException(
            "ADP-4.5", where, $"saves {found} of the {all} elements of Megatron's {name}, which is saved whole: merge it with --merge_lora true");
    }
}
