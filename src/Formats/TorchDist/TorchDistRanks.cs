using System.Globalization;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.TorchDist;

/// <summary>Makes one index of those that ranks wrote each for itself (TDC-1.6). Pure.</summary>
static class TorchDistRanks
{
    /// <summary>A tensor as far as ranks have told of it.</summary>
    sealed class Merged(TorchDistTensor first, int number)
    {
        internal int Number { get; } = number;

        internal TorchDistTensor First { get; } = first;

        internal List<Box> Chunks { get; } = [];

        internal List<TorchDistStorage> Storages { get; } = [];

        internal Dictionary<Box, int> Places { get; } = [];
    }

    /// <summary>The index of all.</summary>
    /// <param name="parts">Of rank 0, 1, …; whether chunks cover their tensors is not checked yet.</param>
    /// <param name="paths">Their files, for messages.</param>
    internal static TorchDistMetadata Merge(IReadOnlyList<TorchDistMetadata> parts, IReadOnlyList<string> paths)
    {
        var tensors = new Dictionary<string, Merged>(StringComparer.Ordinal);
        var order = new List<Merged>();
        var replicas = new List<(int, int, TorchDistStorage)>();
        var objects = new Dictionary<string, TorchDistObject>(StringComparer.Ordinal);
        var planner = new Dictionary<string, IReadOnlyList<TorchDistPathStep>>(StringComparer.Ordinal);
        for (var rank = 0; rank < parts.Count; rank++)
        {
            foreach (var tensor in parts[rank].Tensors) { Add(tensor, paths[rank]); }
            foreach (var item in parts[rank].Objects) { AddObject(item, rank); }
            if (parts[rank].PlannerPaths is not { } own) { continue; }
            foreach (var (name, path) in own) { planner.TryAdd(name, path); }
        }
        foreach (var merged in order)
        {
            if (objects.ContainsKey(merged.First.Name)) { throw TorchDistMetadataFault.Twice(paths[0], merged.First.Name); }
            TorchDistMetadataFault.Check(BoxTiling.Check(merged.First.Shape, merged.Chunks), paths[0], merged.First.Name, merged.First.Shape, merged.Chunks);
        }
        var shapes = parts.SelectMany(static part => part.OriginalShapes).DistinctBy(static item => item.Key).ToDictionary(StringComparer.Ordinal);
        return parts[0] with
        {
            Tensors = [.. order.Select(static merged => merged.First with { Chunks = merged.Chunks, Storages = merged.Storages })],
            Objects = [.. objects.Values],
            PlannerPaths = planner.Count == 0 ? null : planner,
            OriginalShapes = shapes,
            Replicas = replicas,
        };

        void Add(TorchDistTensor tensor, string where)
        {
            if (!tensors.TryGetValue(tensor.Name, out var merged))
            {
                tensors.Add(tensor.Name, merged = new Merged(tensor, order.Count));
                order.Add(merged);
            }
            if (merged.First.DType != tensor.DType || merged.First.Shape != tensor.Shape) { throw TorchDistMetadataFault.RanksDiffer(where, tensor, merged.First); }
            for (var i = 0; i < tensor.Chunks.Count; i++)
            {
                if (merged.Places.TryGetValue(tensor.Chunks[i], out var place)) { replicas.Add((merged.Number, place, tensor.Storages[i])); continue; }
                merged.Places.Add(tensor.Chunks[i], merged.Chunks.Count);
                merged.Chunks.Add(tensor.Chunks[i]);
                merged.Storages.Add(tensor.Storages[i]);
            }
        }

        void AddObject(TorchDistObject item, int rank)
        {
            if (objects.TryAdd(item.Name, item)) { return; }
            var own = string.Create(CultureInfo.InvariantCulture, $"{item.Name}@rank{rank}");
            if (!objects.TryAdd(own, item with { Name = own })) { throw TorchDistMetadataFault.Twice(paths[rank], own); }
        }
    }
}
