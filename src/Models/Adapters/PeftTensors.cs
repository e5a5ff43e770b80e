using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Peft;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Elements;

namespace Ckpt.Models.Adapters;

/// <summary>Takes the keys of an adapter file apart; every tensor is known, of one adapter and of a type that can be computed with.</summary>
static class PeftTensors
{
    internal static IReadOnlyList<(PeftKey Key, TensorInfo Tensor)> Parse(IReadOnlyList<TensorInfo> tensors, string where)
    {
        var parsed = new (PeftKey Key, TensorInfo Tensor)[tensors.Count];
        string? adapter = null;
        for (var i = 0; i < parsed.Length; i++)
        {
            var tensor = tensors[i];
            if (!PeftKey.TryParse(tensor.Name, out var key)) { Throw.UnknownKey(where, tensor.Name); }
            if (key.Adapter is { } name && (adapter ??= name) != name) { Throw.TwoAdapters(where, adapter, name); }
            if (!FloatElements.IsKnown(tensor.DType)) { Throw.Type(where, tensor); }
            if (tensor.Shape.Count == 0) { Throw.Empty(where, tensor); }
            parsed[i] = (key, tensor);
        }
        return parsed;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void UnknownKey(string where, string name) => throw new MalformedCheckpointException(
            "ADP-1.4", where, $"{name} is no tensor of a LoRA adapter; known are base_model.model.<module> with lora_A, lora_B, lora_embedding_A, lora_embedding_B, lora_magnitude_vector, or a whole weight or bias");

        [DoesNotReturn]
        internal static void TwoAdapters(string where, string first, string second) => throw new UnsupportedCheckpointException(
            "ADP-1.9", where, $"holds tensors of two adapters, {first} and {second}; one is handled");

        [DoesNotReturn]
        internal static void Type(string where, TensorInfo tensor) => throw new UnsupportedCheckpointException(
            "ADP-1.4", where, $"{tensor.Name} is {tensor.DType.DisplayName()}; handled are float64, float32, float16 and bfloat16");

        [DoesNotReturn]
        internal static void Empty(string where, TensorInfo tensor) => throw new MalformedCheckpointException(
            "ADP-1.10", where, $"{tensor.Name} of shape {tensor.Shape} has no elements");
    }
}
