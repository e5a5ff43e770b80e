using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Torch;
using Ckpt.Trainer.Parallel;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling;

/// <summary>Makes a model's parameters, in order, with the values they begin with.</summary>
sealed class ParameterFactory(string where, ParallelPlace place, ModelOptions options, IParameterSource source, int layers)
{
    internal List<Parameter> Made { get; } = [];

    internal ParallelPlace Place => place;

    internal ModelOptions Options => options;

    internal string Where => where;

    /// <summary>A size's part on each rank.</summary>
    internal long Part(string name, long size) => size % place.TensorParallel == 0 ? size / place.TensorParallel : Throw.NotDivisible(where, name, size, place.TensorParallel);

    /// <summary>A weight of the model.</summary>
    internal Parameter Weight(string name, ParameterCut cut, params long[] full) => Add(new Parameter(name, Local(name, cut, full), cut), options.Type, () => Initial(name, cut, full));

    /// <summary>A vector that begins with zeros, or, for norms, with what multiplies by one.</summary>
    internal Parameter Vector(string name, ParameterCut cut, long full, float first = 0) =>
        Add(new Parameter(name, Local(name, cut, [full]), cut), options.Type, () => options.Initialisation is null ? null : torch.full(Local(name, cut, [full]), first, options.Type));

    /// <summary>What is held in float32 and changed otherwise than by gradients.</summary>
    internal Parameter Buffer(string name, long size) =>
        Add(new Parameter(name, [size], ParameterCut.Whole) { IsBuffer = true }, ScalarType.Float32, () => options.Initialisation is null ? null : zeros([size], ScalarType.Float32));

    /// <summary>A factor of an adapter; null values where the source has none.</summary>
    internal Parameter? Factor(string name, string module, double scale, ScalarType type, ParameterCut cut, long[] full, Func<Tensor?> initial)
    {
        var parameter = new Parameter(name, Local(name, cut, full), cut) { AdapterOf = module, AdapterScale = scale };
        using var scope = NewDisposeScope();
        if ((Read(parameter, type) ?? initial()) is not { } value) { return null; }
        parameter.Value = value.DetachFromDisposeScope();
        Made.Add(parameter);
        return parameter;
    }

    /// <summary>This rank's part of whole values.</summary>
    internal Tensor Cut(Tensor whole, ParameterCut cut)
    {
        if (cut.Axis is not { } axis || place.TensorParallel == 1) { return whole; }
        var section = whole.size(axis) / cut.Sections;
        var part = section / place.TensorParallel;
        var parts = Enumerable.Range(0, cut.Sections).Select(index => whole.narrow(axis, (index * section) + (place.TensorRank * part), part)).ToArray();
        return parts.Length == 1 ? parts[0].clone() : cat(parts, axis);
    }

    internal long[] Local(string name, ParameterCut cut, long[] full)
    {
        var local = (long[])full.Clone();
        if (cut.Axis is { } axis) { local[axis] = Part(name, full[axis] / cut.Sections) * cut.Sections; }
        return local;
    }

    Parameter Add(Parameter parameter, ScalarType type, Func<Tensor?> initial)
    {
        using var scope = NewDisposeScope();
        parameter.Value = (Read(parameter, type) ?? initial() ?? Throw.Missing(where, parameter.Name)).DetachFromDisposeScope();
        Made.Add(parameter);
        return parameter;
    }

    Tensor? Read(Parameter parameter, ScalarType type)
    {
        var shape = parameter.Shape.ToArray();
        if (source.Read(parameter.Name, shape, type) is not { } value) { return null; }
        if (!value.shape.SequenceEqual(shape)) { Throw.Shape(where, parameter.Name, value.shape, shape); }
        return value.dtype == type ? value.contiguous() : value.to(type);
    }

    // Megatron-core: normal; of what is added to the residual stream, scaled down by the number of additions.
    Tensor? Initial(string name, ParameterCut cut, long[] full)
    {
        if (options.Initialisation is not { } start) { return null; }
        var values = new float[full.Aggregate(1L, static (product, size) => product * size)];
        var isOutput = name.Contains(".linear_proj.", StringComparison.Ordinal) || name.Contains(".linear_fc2.", StringComparison.Ordinal);
        new SeededNumbers(start.Seed, name).Normal(values, isOutput ? start.Deviation / Math.Sqrt(2.0 * layers) : start.Deviation);
        return Cut(tensor(values, full), cut).to(options.Type);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static Tensor Missing(string where, string name) => throw new MalformedCheckpointException("MOD-1.1", where, $"there is no parameter {name}, which the model needs");

        [DoesNotReturn]
        internal static void Shape(string where, string name, long[] found, long[] needed) => throw new MalformedCheckpointException(
            "MOD-1.2", where, $"{name} came with shape [{string.Join(", ", found)}]; this rank has [{string.Join(", ", needed)}]");

        [DoesNotReturn]
        internal static long NotDivisible(string where, string name, long size, int ranks) => throw new LayoutException(
            "MOD-1.3", where, $"{size} rows or columns of {name} cannot be shared by {ranks} tensor-parallel ranks");
    }
}
