using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.PropertyTests.Torch;

/// <summary>Opens a vector of spec/vectors/torch as far as it can be opened: by its name a bare pickle or a file, then every tensor in it.</summary>
static class TorchVectors
{
    internal static void Open(string path)
    {
        using var source = new FileByteSource(path);
        if (path.EndsWith(".pkl", StringComparison.Ordinal)) { PickleReader.Read(source); }
        else { LocateAll(TorchFile.Open(source)); }
    }

    /// <summary>Locates every tensor and checks, byte by byte of the far corner, that its payload lies in the file.</summary>
    internal static void LocateAll(TorchFile file)
    {
        foreach (var node in Tensors(file.Root))
        {
            var tensor = file.Tensor(node);
            var payload = file.Locate(tensor);
            if (tensor.Shape.Count == 0) { continue; }
            var last = payload.Offset;
            for (var axis = 0; axis < tensor.Shape.Rank; axis++) { last += (tensor.Shape[axis] - 1) * payload.Strides[axis] * tensor.DType.ByteSize(); }
            var element = new byte[tensor.DType.ByteSize()];
            payload.Source.ReadExactly(payload.Offset, element);
            payload.Source.ReadExactly(last, element);
        }
    }

    static IEnumerable<PickleNode> Tensors(PickleNode root)
    {
        var seen = new HashSet<PickleNode>(ReferenceEqualityComparer.Instance);
        var waiting = new Stack<PickleNode>([root]);
        while (waiting.TryPop(out var node))
        {
            if (!seen.Add(node)) { continue; }
            if (TorchTensor.IsTensor(node)) { yield return node; continue; }
            foreach (var child in Children(node)) { waiting.Push(child); }
        }
    }

    static IEnumerable<PickleNode> Children(PickleNode node) => node switch
    {
        PickleTuple tuple => tuple.Items,
        PickleList list => list.Items,
        PickleDict dict => dict.Items.Select(item => item.Value),
        PickleObject made => [made.Args, .. made.ListItems, .. made.DictItems.Select(item => item.Value), .. made.States],
        _ => [],
    };
}
