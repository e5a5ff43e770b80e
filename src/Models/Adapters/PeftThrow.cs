using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Adapters;

/// <summary>The faults of <see cref="PeftResolver"/>.</summary>
static class PeftThrow
{
    [DoesNotReturn]
    internal static void Incomplete(string where, string name, string lacking) => throw new MalformedCheckpointException(
        "ADP-1.6", where, $"{name} is there and its {lacking} is not");

    [DoesNotReturn]
    internal static void Twice(string where, string name, string other) => throw new MalformedCheckpointException(
        "ADP-1.4", where, $"{name} and {other} are the same part of the same module");

    [DoesNotReturn]
    internal static void Mixed(string where, string module) => throw new MalformedCheckpointException(
        "ADP-1.4", where, $"{module} has tensors of a linear layer and of an embedding");

    [DoesNotReturn]
    internal static void NotMatrices(string where, TensorInfo a, TensorInfo b) => throw new UnsupportedCheckpointException(
        "ADP-1.10", where, $"{a.Name} is {a.Shape} and {b.Name} {b.Shape}; handled are matrices (no convolutions)");

    [DoesNotReturn]
    internal static string NotTargeted(string where, string name, string module) => throw new MalformedCheckpointException(
        "ADP-1.5", where, $"{name} is there, and the config does not target {module}");

    [DoesNotReturn]
    internal static void NoSuchModule(string where, string name, string module) => throw new MalformedCheckpointException(
        "ADP-1.4", where, $"{name}: the model has no {module} of its own (a tied output layer has none)");

    [DoesNotReturn]
    internal static void Rank(string where, TensorInfo a, int rank, int experts) => throw new MalformedCheckpointException(
        "ADP-1.8", where, $"{a.Name} has {a.Shape[0]} rows, by the config it has rank {rank}{(experts > 1 ? $" for each of {experts} experts" : "")}");

    [DoesNotReturn]
    internal static void Fit(string where, string name, long rows, long columns, long expectedRows, long expectedColumns) => throw new MalformedCheckpointException(
        "ADP-1.10", where, $"the change of {name} is [{rows}, {columns}], the weight [{expectedRows}, {expectedColumns}]");

    [DoesNotReturn]
    internal static T Shape<T>(string where, TensorInfo tensor, string allowed) => throw new MalformedCheckpointException(
        "ADP-1.10", where, $"{tensor.Name} has shape {tensor.Shape}, allowed is {allowed}");

    [DoesNotReturn]
    internal static void ParameterRank(string where, string parameter, Shape shape) => throw new UnsupportedCheckpointException(
        "ADP-2.2", where, $"{parameter} of shape {shape} is targeted; handled are matrices, and experts as one tensor of three axes");

    [DoesNotReturn]
    internal static bool Ambiguous(string where, string parameter, Shape shape) => throw new UnsupportedCheckpointException(
        "ADP-2.2", where, $"{parameter} {shape} is square and the config names no peft_version: whether A and B are for it or its transpose cannot be told");

    [DoesNotReturn]
    internal static FactorSource NoMagnitude(string where, string module) => throw new MalformedCheckpointException(
        "ADP-1.6", where, $"the config says use_dora, and the file has no lora_magnitude_vector of {module}");

    [DoesNotReturn]
    internal static FactorSource NoBias(string where, string module) => throw new MalformedCheckpointException(
        "ADP-1.6", where, $"the config says lora_bias, and the file has no lora_B.bias of {module}");

    [DoesNotReturn]
    internal static FactorSource NoBaseBias(string where, string name, string module) => throw new UnsupportedCheckpointException(
        "ADP-5.3", where, $"{name} cannot be merged or carried over: {module} has no bias that it could be added to");

    [DoesNotReturn]
    internal static void Unexpected(string where, string name, string key) => throw new MalformedCheckpointException(
        "ADP-1.5", where, $"{name} is there, which does not go with {key} in the config");
}
