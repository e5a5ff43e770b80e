using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Views;

namespace Ckpt.Sharding.Running;

/// <summary>Checks that what a checkpoint stores several times is everywhere the same, before one of the copies is taken for all.</summary>
public static class ReplicaComparison
{
    /// <summary>Compares each copy with the one that is read, bit for bit; a checkpoint that has none is not read.</summary>
    /// <exception cref="MalformedCheckpointException">SHD-6.3: two copies differ.</exception>
    public static void Check(ICheckpointReader source, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        while (source is ViewedCheckpoint viewed) { source = viewed.Inner; }
        if (source is not IReplicatedCheckpoint { Replicas.Count: > 0 } replicated) { return; }
        var copies = new Copies(replicated);
        var layout = PlanComparison.InMemory([.. copies.Tensors.Select(static t => TensorTarget.Whole(t.Name, t.DType, t.Shape))]);
        var map = TensorMap.Identity([.. copies.Tensors.Select(static t => new MappedTensor(t.Name, t.Shape))]);
        var plan = CopyPlanner.Plan(copies.Tensors, map, layout);
        // Pieces are in the order of copies: the two plans differ in where a box is located only.
        var report = PlanComparison.Run(plan, copies, plan, new Originals(replicated, copies), options, progress, cancel);
        if (report.IsEqual) { return; }
        var number = copies.NumberOf(report.Differences[0].Name);
        var replica = replicated.Replicas[number];
        var tensor = replicated.Tensors[replica.Tensor];
        throw new MalformedCheckpointException("SHD-6.3", source.Path,
            $"{tensor.Name} {tensor.Boxes[replica.Box].Box} differs in {report.Differences[0].Elements:N0} elements between {replicated.Files[tensor.Boxes[replica.Box].File].Path} and {replicated.Files[replica.File].Path}, which should hold the same{(report.Differences.Count > 1 ? $"; and so do {report.Differences.Count - 1} other copies" : "")}");
    }

    /// <summary>Every copy as a tensor of its own.</summary>
    sealed class Copies : ICheckpointReader
    {
        readonly IReplicatedCheckpoint _source;
        readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

        internal Copies(IReplicatedCheckpoint source)
        {
            _source = source;
            var tensors = new TensorInfo[source.Replicas.Count];
            for (var i = 0; i < tensors.Length; i++)
            {
                var replica = source.Replicas[i];
                var tensor = source.Tensors[replica.Tensor];
                var shape = tensor.Boxes[replica.Box].Box.Shape;
                tensors[i] = new TensorInfo($"{i} {tensor.Name}", tensor.DType, shape, [new StoredBox(Box.Whole(shape), replica.File, 0, 0)]);
                _numbers.Add(tensors[i].Name, i);
            }
            Tensors = tensors;
        }

        public string Format => _source.Format;

        public string Path => _source.Path;

        public IReadOnlyList<FileEntry> Files => _source.Files;

        public IReadOnlyList<TensorInfo> Tensors { get; }

        public IReadOnlyList<ObjectInfo> Objects => [];

        public JsonObject Describe() => [];

        public BoxPayload Locate(TensorInfo tensor, int box) => _source.LocateReplica(NumberOf(tensor.Name));

        public void Dispose() { }

        internal int NumberOf(string name) => _numbers[name];
    }

    /// <summary>The same tensors, each where the source reads it.</summary>
    sealed class Originals(IReplicatedCheckpoint source, Copies copies) : ICheckpointReader
    {
        public string Format => source.Format;

        public string Path => source.Path;

        public IReadOnlyList<FileEntry> Files => source.Files;

        public IReadOnlyList<TensorInfo> Tensors => copies.Tensors;

        public IReadOnlyList<ObjectInfo> Objects => [];

        public JsonObject Describe() => [];

        public BoxPayload Locate(TensorInfo tensor, int box)
        {
            var replica = source.Replicas[copies.NumberOf(tensor.Name)];
            return source.Locate(source.Tensors[replica.Tensor], replica.Box);
        }

        public void Dispose() { }
    }
}
