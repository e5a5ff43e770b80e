using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Torch;
using Ckpt.Trainer.Adapting;
using Ckpt.Trainer.Modeling.Layers;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling;

/// <summary>Makes linear modules with their adapters.</summary>
sealed class LinearFactory(ParameterFactory factory)
{
    /// <summary>A module without parts.</summary>
    internal LinearLayer Make(string module, ParameterCut cut, long rows, long columns, bool hasBias = false, string number = "") =>
        new(factory.Weight($"{module}.weight{number}", cut, rows, columns),
            hasBias ? factory.Vector($"{module}.bias{number}", cut, rows) : null,
            Adapter(module, cut, rows, columns, 1, [], number));

    /// <summary>A module whose outputs are several projections: in each of so many groups rows of every one.</summary>
    internal LinearLayer Make(string module, ParameterCut cut, int groups, IReadOnlyList<(string Name, long Rows)> parts, long columns, bool hasBias, string number = "")
    {
        var rows = groups * parts.Sum(static part => part.Rows);
        return new(factory.Weight($"{module}.weight{number}", cut, rows, columns),
            hasBias ? factory.Vector($"{module}.bias{number}", cut, rows) : null,
            Adapter(module, cut, rows, columns, groups, parts, number));
    }

    /// <summary>A row-parallel module: its bias is added behind the sum of ranks.</summary>
    internal LinearLayer MakeOutput(string module, long rows, long columns, string number = "") =>
        new(factory.Weight($"{module}.weight{number}", ParameterCut.Columns, rows, columns), null, Adapter(module, ParameterCut.Columns, rows, columns, 1, [], number));

    /// <summary>The adapter of a module; null where it has none.</summary>
    /// <param name="module">The module's name.</param>
    /// <param name="cut">Of its weight.</param>
    /// <param name="rows">Of its weight, on all ranks.</param>
    /// <param name="columns">Of its weight, on all ranks.</param>
    /// <param name="groups">Groups of outputs, on all ranks.</param>
    /// <param name="parts">Projections and their rows in each group, on all ranks.</param>
    /// <param name="number">What behind the names tells the expert.</param>
    internal LoraModule? Adapter(string module, ParameterCut cut, long rows, long columns, int groups, IReadOnlyList<(string Name, long Rows)> parts, string number)
    {
        if (factory.Options.Lora is not { } options || LoraTargets.ShapeOf(options, module) is not { } shape) { return null; }
        if (shape.Parts is not { } adapted) { return new LoraModule([Factors(options, shape, module, null, cut, rows, columns, number, 0, Local(cut, rows))], 1, options.Dropout); }
        var ranks = factory.Place.TensorParallel;
        var isGrouped = groups > 1 || cut.Sections == 1;
        if (isGrouped && cut.Axis == 0 && groups % ranks != 0) { Throw.GroupCut(factory.Where, module, groups, ranks); }
        var made = new List<LoraFactors>();
        var first = 0L;
        foreach (var (name, each) in parts)
        {
            // Groups go to ranks whole; gate and up have one group, and every rank a part of each.
            var mine = isGrouped ? each : factory.Part(module, each);
            if (adapted.Contains(name)) { made.Add(Factors(options, shape, module, name, cut with { Sections = 1 }, groups * each, columns, number, first, mine)); }
            first += mine;
        }
        if (made.Count != adapted.Count) { Throw.UnknownPart(factory.Where, module, adapted, parts); }
        return new LoraModule(made, isGrouped && cut.Axis == 0 ? groups / ranks : groups, options.Dropout);
    }

    long Local(ParameterCut cut, long rows) => cut.Axis == 0 ? rows / factory.Place.TensorParallel : rows;

    LoraFactors Factors(LoraOptions options, LoraShape shape, string module, string? part, ParameterCut cut, long rows, long columns, string number, long first, long each)
    {
        var scale = shape.Alpha / (options.IsRankStabilised ? Math.Sqrt(shape.Rank) : shape.Rank);
        var type = options.Type ?? factory.Options.Type;
        var middle = part is null ? "" : part + ".";
        var (nameA, nameB) = ($"{module}.lora_A.default.{middle}weight{number}", $"{module}.lora_B.default.{middle}weight{number}");
        // Ranks that have parts of a product find parts of the gradient of the factor that all of them have.
        var isShared = cut.Axis is not null && factory.Place.TensorParallel > 1;
        var cutA = cut.Axis == 1 ? ParameterCut.Columns : ParameterCut.Whole with { IsPartial = isShared || cut.IsPartial };
        var cutB = cut.Axis == 0 ? cut : ParameterCut.Whole with { IsPartial = isShared || cut.IsPartial };
        long[] shapeA = [shape.Rank, columns];
        long[] shapeB = [rows, shape.Rank];
        var isOpened = options.Modules is not null;
        var a = factory.Factor(nameA, module, scale, type, cutA, shapeA, () => isOpened ? null : First(options, nameA, cutA, shapeA, type)) ?? Throw.Missing(factory.Where, nameA);
        var b = factory.Factor(nameB, module, scale, type, cutB, shapeB, () => isOpened ? null : zeros(factory.Local(nameB, cutB, shapeB), type)) ?? Throw.Missing(factory.Where, nameB);
        return new LoraFactors(a, b, (float)scale, first, each);
    }

    // PEFT: Kaiming-uniform with a = √5, which is uniform within 1 / √inputs. Drawn for all ranks at once, so that it does not depend on the layout.
    Tensor First(LoraOptions options, string name, ParameterCut cut, long[] shape, ScalarType type)
    {
        var values = new float[shape[0] * shape[1]];
        new SeededNumbers(options.Seed, name).Uniform(values, 1 / Math.Sqrt(shape[1]));
        return factory.Cut(tensor(values, shape), cut).to(type);
    }

    [DoesNotReturn]
    internal static Parameter Missing(string where, string name) => Throw.Missing(where, name);

    static class Throw
    {
        [DoesNotReturn]
        internal static Parameter Missing(string where, string name) => throw new MalformedCheckpointException("MOD-2.1", where, $"the adapter has no {name}");

        [DoesNotReturn]
        internal static void UnknownPart(string where, string module, IReadOnlyList<string> asked, IReadOnlyList<(string Name, long Rows)> parts) => throw new MalformedCheckpointException(
            "MOD-2.2", where, $"the adapter of {module} is of {string.Join(", ", asked)}; the module's projections are {string.Join(", ", parts.Select(static part => part.Name))}");

        [DoesNotReturn]
        internal static void GroupCut(string where, string module, int groups, int ranks) => throw new LayoutException(
            "MOD-2.3", where, $"{module} has {groups} groups for {ranks} tensor-parallel ranks; an adapter with factors for each projection needs whole groups on every rank");
    }
}
