using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;

namespace Ckpt.Sharding.Views;

/// <summary>A checkpoint seen through a map: its tensors are those of the map's right side, put together from the left side's when they are read.</summary>
public sealed class MappedCheckpoint : ICheckpointReader
{
    const int WindowBytes = 1 << 20;

    readonly ICheckpointReader _inner;
    readonly CopyPlan _plan;
    readonly Dictionary<string, Mapped> _tensors = new(StringComparer.Ordinal);
    readonly ConcurrentBag<BlockAssembler> _assemblers = [];

    /// <summary>The inner checkpoint, which is disposed with this one, as the map's right side; types are those <see cref="TargetMaker"/> chooses.</summary>
    /// <exception cref="Formats.CheckpointException">The map does not fit the checkpoint.</exception>
    public MappedCheckpoint(ICheckpointReader inner, TensorMap map, DType? cast = null)
        : this(inner, map, TargetMaker.Make(inner.Tensors, map, cast, cutLeadingAxes: false))
    {
    }

    /// <summary>The inner checkpoint, which is disposed with this one, as these targets of the map's right side; each is seen as one box.</summary>
    /// <exception cref="Formats.CheckpointException">The map does not fit the checkpoint.</exception>
    public MappedCheckpoint(ICheckpointReader inner, TensorMap map, IReadOnlyList<TensorTarget> targets)
    {
        _inner = inner;
        targets = [.. targets.Select(static target => TensorTarget.Whole(target.Name, target.DType, target.Shape))];
        _plan = CopyPlanner.Plan(inner.Tensors, map, PlanComparison.InMemory(targets));
        var tensors = new TensorInfo[targets.Count];
        foreach (var piece in _plan.Pieces)
        {
            var number = _plan.Layout.Files[piece.File].Data[piece.Range].Tensor;
            var file = piece.Copies.Count == 0 ? 0 : inner.Tensors[piece.Copies[0].SourceTensor].Boxes[piece.Copies[0].SourceBox].File;
            var mapped = new Mapped(this, targets[number], piece, file);
            _tensors.Add(targets[number].Name, mapped);
            tensors[number] = mapped.Info;
        }
        Tensors = tensors;
    }

    public string Format => _inner.Format;

    public string Path => _inner.Path;

    public IReadOnlyList<FileEntry> Files => _inner.Files;

    public IReadOnlyList<TensorInfo> Tensors { get; }

    public IReadOnlyList<ObjectInfo> Objects => [];

    public JsonObject Describe() => _inner.Describe();

    public BoxPayload Locate(TensorInfo tensor, int box) => _tensors[tensor.Name].Locate(box);

    public void Dispose() => _inner.Dispose();

    sealed class Mapped(MappedCheckpoint owner, TensorTarget target, Piece piece, int file) : ComputedTensor(target.Name, target.DType, target.Shape, file)
    {
        protected override void Compute(long first, Span<byte> elements)
        {
            if (!owner._assemblers.TryTake(out var assembler)) { assembler = new BlockAssembler(owner._inner, WindowBytes); }
            assembler.Fill(owner._plan, piece, target.DType, first * target.DType.ByteSize(), elements);
            owner._assemblers.Add(assembler);
        }
    }
}
