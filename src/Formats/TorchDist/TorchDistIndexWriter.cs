using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using static Ckpt.Formats.Torch.PickleOpcode;

namespace Ckpt.Formats.TorchDist;

/// <summary>One stream of the checkpoint being laid out: a box of a target, or (Tensor −1) the object of the number in Box.</summary>
readonly record struct TorchDistPlacedStream(int Tensor, int Box, int File, long Offset, long Length);

/// <summary>
/// Writes the index: the four fields that every torch and Megatron reads, of plain classes, at pickle protocol 4 (TDC-4.3). Straight into
/// opcodes, as nodes for 100,000 chunks would take a hundred megabytes.
/// </summary>
sealed class TorchDistIndexWriter
{
    const int Batch = 1000;
    const string Module = "torch.distributed.checkpoint.metadata";

    readonly PickleEmitter _out = new PickleEmitter(4).Begin();
    readonly Dictionary<string, int> _texts = [];
    readonly Dictionary<(string, string), int> _globals = [];
    readonly IReadOnlyList<TensorTarget> _tensors;
    readonly IReadOnlyList<string> _objects;
    int _layout = -1;
    int _format = -1;

    TorchDistIndexWriter(IReadOnlyList<TensorTarget> tensors, IReadOnlyList<string> objects) => (_tensors, _objects) = (tensors, objects);

    /// <summary>The file <c>.metadata</c>.</summary>
    /// <param name="tensors">What is written.</param>
    /// <param name="objects">The names of the objects besides.</param>
    /// <param name="streams">Where all of it lies.</param>
    /// <param name="files">The files' names.</param>
    /// <param name="plannerData">Whether names are mapped to themselves.</param>
    /// <param name="originalShapes">Of tensors stored flattened: the shape before, which core 0.8 to 0.15 look for.</param>
    internal static byte[] Write(
        IReadOnlyList<TensorTarget> tensors, IReadOnlyList<string> objects, IReadOnlyList<TorchDistPlacedStream> streams, IReadOnlyList<string> files, bool plannerData,
        IReadOnlyDictionary<string, Shape>? originalShapes = null) =>
        new TorchDistIndexWriter(tensors, objects).Write(streams, files, plannerData, originalShapes);

    byte[] Write(IReadOnlyList<TorchDistPlacedStream> streams, IReadOnlyList<string> files, bool plannerData, IReadOnlyDictionary<string, Shape>? originalShapes)
    {
        New(Module, "Metadata");
        _out.Op(EmptyDict);
        _out.Op(PickleOpcode.Mark);
        Text("state_dict_metadata");
        Dict(EntryCount, Entry);
        Text("planner_data");
        if (plannerData) { Dict(EntryCount, PlannerEntry); }
        else { _out.Op(PickleOpcode.None); }
        Text("storage_data");
        Dict(streams.Count, number => Stored(streams[number], files));
        Text("storage_meta");
        _out.Op(PickleOpcode.None);
        if (originalShapes is { Count: > 0 })
        {
            var flattened = originalShapes.ToArray();
            Text("mcore_data");
            Dict(flattened.Length, number => Flattened(flattened[number].Key, flattened[number].Value));
        }
        _out.Op(SetItems);
        _out.Op(Build);
        _out.Op(Stop);
        return _out.ToArray();
    }

    int EntryCount => _tensors.Count + _objects.Count;

    string Name(int entry) => entry < _tensors.Count ? _tensors[entry].Name : _objects[entry - _tensors.Count];

    void Flattened(string name, Shape original)
    {
        Text(name);
        _out.Op(EmptyDict);
        _out.Op(PickleOpcode.Mark);
        Text("nd_reformulated_orig_global_shape");
        Ints(original.Dims);
        _out.Op(SetItems);
    }

    void Entry(int number)
    {
        Text(Name(number));
        if (number >= _tensors.Count) { New(Module, "BytesStorageMetadata"); return; }
        var target = _tensors[number];
        New(Module, "TensorStorageMetadata");
        _out.Op(EmptyDict);
        _out.Op(PickleOpcode.Mark);
        Text("properties");
        Properties(target.DType);
        Text("size");
        Size(target.Shape.Dims);
        Text("chunks");
        _out.Op(EmptyList);
        for (var i = 0; i < target.Boxes.Count; i++)
        {
            if (i % Batch == 0) { _out.Op(PickleOpcode.Mark); }
            Chunk(target.Boxes[i]);
            if (i % Batch == Batch - 1 || i == target.Boxes.Count - 1) { _out.Op(Appends); }
        }
        _out.Op(SetItems);
        _out.Op(Build);
    }

    void PlannerEntry(int number)
    {
        Text(Name(number));
        Text(Name(number));
        _out.Op(Tuple1);
    }

    void Properties(DType dtype)
    {
        New(Module, "TensorProperties");
        _out.Op(PickleOpcode.Mark);
        Global("torch", dtype.TorchName()!);
        Once(ref _layout, () => Call("torch.serialization", "_get_layout", () => Text("torch.strided")));
        _out.Op(NewFalse);
        // 0: contiguous
        Once(ref _format, () => Call(Module, "_MEM_FORMAT_ENCODING", () => _out.Int(0)));
        _out.Op(NewFalse);
        _out.Op(PickleOpcode.Tuple);
        _out.Op(Build);
    }

    void Chunk(Box box)
    {
        New(Module, "ChunkStorageMetadata");
        _out.Op(EmptyDict);
        _out.Op(PickleOpcode.Mark);
        Text("offsets");
        Size(box.Offset);
        Text("sizes");
        Size(box.Size);
        _out.Op(SetItems);
        _out.Op(Build);
    }

    void Stored(TorchDistPlacedStream stream, IReadOnlyList<string> files)
    {
        New(Module, "MetadataIndex");
        _out.Op(EmptyDict);
        _out.Op(PickleOpcode.Mark);
        Text("fqn");
        Text(stream.Tensor < 0 ? _objects[stream.Box] : _tensors[stream.Tensor].Name);
        Text("index");
        _out.Op(PickleOpcode.None);
        if (stream.Tensor >= 0)
        {
            Text("offset");
            Size(_tensors[stream.Tensor].Boxes[stream.Box].Offset);
        }
        _out.Op(SetItems);
        _out.Op(Build);

        New("torch.distributed.checkpoint.filesystem", "_StorageInfo");
        _out.Op(EmptyDict);
        _out.Op(PickleOpcode.Mark);
        Text("relative_path");
        Text(files[stream.File]);
        Text("offset");
        _out.Int(stream.Offset);
        Text("length");
        _out.Int(stream.Length);
        _out.Op(SetItems);
        _out.Op(Build);
    }

    void Dict(int count, Action<int> entry)
    {
        _out.Op(EmptyDict);
        for (var i = 0; i < count; i++)
        {
            if (i % Batch == 0) { _out.Op(PickleOpcode.Mark); }
            entry(i);
            if (i % Batch == Batch - 1 || i == count - 1) { _out.Op(SetItems); }
        }
    }

    void New(string module, string name)
    {
        Global(module, name);
        _out.Op(EmptyTuple);
        _out.Op(NewObj);
    }

    void Call(string module, string name, Action argument)
    {
        Global(module, name);
        argument();
        _out.Op(Tuple1);
        _out.Op(PickleOpcode.Reduce);
    }

    void Size(ReadOnlySpan<long> values)
    {
        Global("torch", "Size");
        Ints(values);
        _out.Op(Tuple1);
        _out.Op(PickleOpcode.Reduce);
    }

    void Ints(ReadOnlySpan<long> values)
    {
        if (values.Length > 3) { _out.Op(PickleOpcode.Mark); }
        foreach (var value in values) { _out.Int(value); }
        _out.Op(values.Length switch { 0 => EmptyTuple, 1 => Tuple1, 2 => Tuple2, 3 => Tuple3, _ => PickleOpcode.Tuple });
    }

    void Text(string text)
    {
        if (_texts.TryGetValue(text, out var number)) { _out.Recall(number); return; }
        _out.Text(text);
        _texts.Add(text, _out.Memo());
    }

    void Global(string module, string name)
    {
        if (_globals.TryGetValue((module, name), out var number)) { _out.Recall(number); return; }
        _out.GlobalName(module, name);
        _globals.Add((module, name), _out.Memo());
    }

    void Once(ref int number, Action emit)
    {
        if (number >= 0) { _out.Recall(number); return; }
        emit();
        number = _out.Memo();
    }
}
