using Ckpt.Torch;

namespace Ckpt.Trainer.Modeling;

/// <summary>A parameter of a model as one rank holds it, named as in Megatron's per-rank state dict with layers counted over the whole model.</summary>
public sealed class Parameter : IDisposable
{
    internal Parameter(string name, long[] shape, ParameterCut cut) => (Name, Shape, Cut) = (name, shape, cut);

    /// <summary>Megatron's name; under LoRA without <c>base_layer</c>.</summary>
    public string Name { get; }

    /// <summary>The values; the optimizer may put them into a buffer of its own.</summary>
    public Tensor Value { get; internal set; } = null!;

    /// <summary>The shape on this rank.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Elements on this rank.</summary>
    public long Count => Shape.Aggregate(1L, static (product, size) => product * size);

    /// <summary>Whether training changes it.</summary>
    public bool Trainable { get; internal set; }

    /// <summary>The axis that tensor-parallel ranks share; null where each has all of it.</summary>
    public int? Axis => Cut.Axis;

    /// <summary>Sections of that axis, each of which is cut by itself: 2 where gate and up are one tensor.</summary>
    public int Sections => Cut.Sections;

    /// <summary>Whether it is a factor of an adapter.</summary>
    public bool IsAdapter => AdapterOf is not null;

    /// <summary>The module that the adapter is of; null where it is none.</summary>
    public string? AdapterOf { get; internal init; }

    /// <summary>The adapter's scale, by which the product of its factors is multiplied.</summary>
    public double AdapterScale { get; internal init; } = 1;

    /// <summary>Whether the module is trained as a whole beside adapters (<c>modules_to_save</c>).</summary>
    public bool IsSavedModule { get; internal set; }

    /// <summary>Whether each tensor-parallel rank has only its part of the gradient of a parameter that all of them hold.</summary>
    internal bool IsPartial => Cut.IsPartial;

    internal ParameterCut Cut { get; }

    /// <summary>Whether it is changed otherwise than by gradients: the bias that balances experts.</summary>
    internal bool IsBuffer { get; init; }

    public void Dispose() => Value.Dispose();
}
