using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Boxes;

namespace Ckpt.Models.Adapters;

/// <summary>Finds which rows of which Megatron weights a module's outputs are.</summary>
static class McoreShares
{
    internal static void Find(LoraModule module, NamingLinks links, Dictionary<string, SortedDictionary<long, McoreSlot>> slots, IReadOnlyDictionary<string, Shape> shapes, string where)
    {
        var any = false;
        foreach (var (weight, all) in links.Of(module.Weight))
        {
            if ((module.Expert < 0 ? all : all.At(0, module.Expert)) is not { } runs) { continue; }
            any = true;
            if (!weight.Name.EndsWith(".weight", StringComparison.Ordinal)) { Throw.NoLinear(where, module.Name, weight.Name); }
            var shape = shapes[weight.Name];
            var (left, right) = (runs.Left.Count, shape.Rank);
            var swapped = runs.RightAxis[left - 1] == right - 2 || runs.RightAxis[left - 2] == right - 1;
            // Outputs must be rows of the Megatron weight: that is what its B has rows for.
            if (swapped != module.IsTransposed) { Throw.Transposed(where, module.Name); }
            var (outputs, inputs) = swapped ? (runs.Left[left - 1], runs.Left[left - 2]) : (runs.Left[left - 2], runs.Left[left - 1]);
            if (inputs != new AxisRun(0, 1, shape[right - 1]) || runs.Right[right - 1].Count != shape[right - 1]) { Throw.Columns(where, module.Name, weight.Name); }
            var lead = runs.Right.Take(right - 2).Select(static run => run.Start).ToArray();
            var index = 0L;
            for (var axis = 0; axis < lead.Length; axis++) { index = (index * shape[axis]) + lead[axis]; }
            if (!slots.TryGetValue(weight.Name, out var byLead)) { slots.Add(weight.Name, byLead = []); }
            if (!byLead.TryGetValue(index, out var slot)) { byLead.Add(index, slot = new McoreSlot(lead)); }
            slot.Shares.Add(new McoreShare(module, outputs, runs.Right[right - 2]));
        }
        if (!any) { Throw.NoPlace(where, module.Name); }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Transposed(string where, string module) => throw new UnsupportedCheckpointException(
            "ADP-4.5", where, $"{module} is an adapter of an embedding or of a transposed weight, which Megatron's adapters cannot be: merge it with --merge_lora true");

        [DoesNotReturn]
        internal static void Columns(string where, string module, string weight) => throw new UnsupportedCheckpointException(
            "ADP-4.5", where, $"{module} is only some columns of {weight}, which has one A for all: merge it with --merge_lora true");

        [DoesNotReturn]
        internal static void NoLinear(string where, string module, string weight) => throw new UnsupportedCheckpointException(
            "ADP-4.5", where, $"{module} is {weight} in Megatron, which is no layer that an adapter could be of: merge it with --merge_lora true");

        [DoesNotReturn]
        internal static void NoPlace(string where, string module) => throw new UnsupportedCheckpointException(
            "ADP-4.5", where, $"{module} has no place in Megatron's model");
    }
}
