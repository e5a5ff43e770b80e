using Ckpt.Inference.Descriptions;
using Ckpt.Torch;
using Ckpt.Trainer.Modeling.Functions;
using Ckpt.Trainer.Modeling.Kernels;
using Ckpt.Trainer.Modeling.Layers;
using Ckpt.Trainer.Parallel;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling;

/// <summary>What all layers know of one run through the model.</summary>
sealed class Pass(PassCache cache, TensorRegions regions, ExpertBalance balance, RandomStreams random)
{
    readonly Dictionary<RotaryKind, RotaryTable> _angles = [];

    /// <summary>Sequences.</summary>
    internal required long Batch { get; init; }

    /// <summary>Rows a sequence.</summary>
    internal required long Length { get; init; }

    internal long Rows => Batch * Length;

    /// <summary>The position of each row; null: counted in each sequence.</summary>
    internal long[]? Positions { get; init; }

    /// <summary>The sequences packed into each sequence of the batch; null where there is one in each.</summary>
    internal IReadOnlyList<IReadOnlyList<(int First, int Count)>>? Segments { get; init; }

    internal required bool IsTraining { get; init; }

    /// <summary>Whether anything in the model draws random numbers.</summary>
    internal required bool UsesRandom { get; init; }

    internal required string Where { get; init; }

    internal TensorRegions Regions => regions;

    internal ExpertBalance Balance => balance;

    internal RandomStreams Random => random;

    /// <summary>Whether a part of the model is run for the second time.</summary>
    internal bool IsAgain { get; private set; }

    /// <summary>From now to the result's end, parts run for the second time.</summary>
    internal IDisposable Again()
    {
        IsAgain = true;
        return new Ending(this);
    }

    internal RotaryTable Angles(RotaryKind kind)
    {
        if (Positions is null) { return cache.Angles(kind, Length, Where); }
        if (!_angles.TryGetValue(kind, out var table)) { _angles.Add(kind, table = new RotaryTable(kind, Positions, Where)); }
        return table;
    }

    /// <summary>What is added to the scores of queries: 0 where a key is seen, −∞ where not.</summary>
    internal Tensor Mask(long queries, long keys, long ahead, long? window, long repeats, ScalarType type) => cache.Mask(new MaskKind(queries, keys, ahead, window, repeats, type));

    /// <summary>Dropout of what tensor-parallel ranks have alike.</summary>
    internal Tensor Drop(Tensor values, double probability) => IsTraining && probability > 0 ? nn.functional.dropout(values, probability) : values;

    /// <summary>Dropout of what each rank has a part of.</summary>
    internal Tensor DropPart(Tensor values, double probability) => IsTraining && probability > 0 ? random.OnOwn(() => nn.functional.dropout(values, probability)) : values;

    /// <summary>Dropout of rows as they are between regions.</summary>
    internal Tensor DropRows(Tensor rows, double probability) => regions.IsSequenceParallel ? DropPart(rows, probability) : Drop(rows, probability);

    sealed class Ending(Pass pass) : IDisposable
    {
        public void Dispose() => pass.IsAgain = false;
    }
}
