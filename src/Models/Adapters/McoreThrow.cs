using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Adapters;

/// <summary>The faults of Megatron adapter checkpoints.</summary>
static class McoreThrow
{
    [DoesNotReturn]
    internal static void NoAdapter(string where) => throw new MalformedCheckpointException(
        "ADP-3.1", where, "holds no adapter: no tensor's name has .lora_A., .lora_B. or .modules_to_save. in it");

    [DoesNotReturn]
    internal static void Grouped(string where, string name) => throw new UnsupportedCheckpointException(
        "ADP-3.1", where, $"{name} is an adapter of MindSpeed-LLM's grouped experts, which is not handled");

    [DoesNotReturn]
    internal static void NoSuchAdapter(string where, string name, IEnumerable<string> there) => throw new MalformedCheckpointException(
        "ADP-3.1", where, $"holds no adapter named {name}; there are {string.Join(", ", there)}");

    [DoesNotReturn]
    internal static void Alone(string where, string name, string lacking) => throw new MalformedCheckpointException(
        "ADP-3.1", where, $"{name} is there and its {lacking} is not");

    [DoesNotReturn]
    internal static void NoWeight(string where, string name, string weight) => throw new MalformedCheckpointException(
        "ADP-3.1", where, $"{name}: the model has no {weight}");

    [DoesNotReturn]
    internal static void Shape(string where, TensorInfo tensor, string allowed) => throw new MalformedCheckpointException(
        "ADP-3.2", where, $"{tensor.Name} has shape {tensor.Shape}, allowed is {allowed}");

    [DoesNotReturn]
    internal static void Rank(string where, TensorInfo tensor, long found, long said) => throw new MalformedCheckpointException(
        "ADP-3.4", where, $"{tensor.Name} is of rank {found}, the run's arguments say {said}");

    [DoesNotReturn]
    internal static double NoAlpha(string where) => throw new MalformedCheckpointException(
        "ADP-3.4", where, "neither args.json nor the common state says lora_alpha, without which the adapter's scale is not known: give --lora_alpha");

    [DoesNotReturn]
    internal static void Contradiction(string where, string name, int chunks, long said) => throw new LayoutException(
        "ADP-3.3", where, $"{name} is cut as for tensor parallel size {chunks}, the run's arguments say {said}; its gate and up rows lie by that size: say which with --adapter_tensor_parallel_size");

    [DoesNotReturn]
    internal static void Layout(string where, string weight, string name) => throw new UnsupportedCheckpointException(
        "ADP-3.2", where, $"{name} is laid out so that its part of {weight} is not rows by columns");
}
