using System.Globalization;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Kit;
using Ckpt.Models.Megatron.Legacy;

namespace Ckpt.PropertyTests.LegacyTorch;

/// <summary>A legacy checkpoint as a test writes it, file by file, with tensors of single bytes.</summary>
sealed class RankFiles : IDisposable
{
    readonly TemporaryFolder _folder = new();

    internal string Path => _folder["iter_0000005"];

    public void Dispose() => _folder.Dispose();

    /// <summary>Writes a rank's file of one model.</summary>
    internal RankFiles Add(string rank, PickleDict? shared, params (string Name, Shape Shape, byte[] Bytes)[] tensors) => Add(rank, shared, [tensors]);

    /// <summary>Writes a rank's file of several.</summary>
    internal RankFiles Add(string rank, PickleDict? shared, IReadOnlyList<(string Name, Shape Shape, byte[] Bytes)[]> chunks)
    {
        var (storages, names) = (new List<ReadOnlyMemory<byte>>(), new TorchNames());
        var root = new PickleDict();
        root.Items.AddRange(shared?.Items ?? []);
        for (var i = 0; i < chunks.Count; i++)
        {
            var model = new PickleDict();
            foreach (var (name, shape, bytes) in chunks[i])
            {
                if (shape.Count != bytes.Length) { throw new ArgumentException($"{bytes.Length} bytes for {name} {shape}"); }
                Put(model, name.Split('/'), TorchTensor.Node(DType.U8, shape, storages.Count.ToString(CultureInfo.InvariantCulture), names));
                storages.Add(bytes);
            }
            root.Add(chunks.Count == 1 ? "model" : $"model{i}", model);
        }
        return Save(rank, root, storages);
    }

    /// <summary>Writes a rank's file of any object.</summary>
    internal RankFiles Save(string rank, PickleNode root, IReadOnlyList<ReadOnlyMemory<byte>>? storages = null)
    {
        var folder = Directory.CreateDirectory(System.IO.Path.Combine(Path, rank)).FullName;
        File.WriteAllBytes(System.IO.Path.Combine(folder, "model_optim_rng.pt"), TorchSave.ToBytes(root, "model_optim_rng", storages));
        return this;
    }

    internal LegacyTorchReader Open(LegacyReadOptions? options = null) => LegacyTorchReader.Open(Path, options ?? new LegacyReadOptions());

    /// <summary>The bytes of a tensor put together, and its shape.</summary>
    internal static (Shape Shape, byte[] Bytes) Read(LegacyTorchReader reader, string name)
    {
        var tensor = reader.Tensors.Single(t => t.Name == name);
        return (tensor.Shape, TensorAssembler.ReadWhole(reader, tensor));
    }

    /// <summary>The shared state of a run with these arguments.</summary>
    internal static PickleDict Args(params (string Name, object? Value)[] args)
    {
        var attributes = new PickleDict();
        foreach (var (name, value) in args) { attributes.Add(name, Node(value)); }
        var space = new PickleObject(PickleConstruction.NewObject, new PickleGlobal("argparse", "Namespace"), PickleTuple.Empty);
        space.States.Add(attributes);
        return new PickleDict().Add("args", space);
    }

    internal static PickleNode Node(object? value)
    {
        switch (value)
        {
            case null: return PickleNone.Instance;
            case bool flag: return new PickleBool(flag);
            case int number: return new PickleInt(number);
            case double real: return new PickleFloat(real);
            case string text: return new PickleString(text);
            case PickleNode node: return node;
            case IEnumerable<object> items:
                var list = new PickleList();
                list.Items.AddRange(items.Select(Node));
                return list;
            default: throw new ArgumentException($"{value}");
        }
    }

    static void Put(PickleDict model, string[] path, PickleNode tensor)
    {
        foreach (var step in path[..^1])
        {
            if (model.Find(step) is not PickleDict inner) { model.Add(step, inner = new PickleDict()); }
            model = inner;
        }
        model.Add(path[^1], tensor);
    }
}
