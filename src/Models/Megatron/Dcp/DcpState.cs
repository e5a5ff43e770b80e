using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;

namespace Ckpt.Models.Megatron.Dcp;

/// <summary>
/// What a flattened checkpoint holds besides the model's tensors, as Megatron's own formats have it: a common state, and the states of random
/// number generators as one object a rank (TDC-6.7).
/// </summary>
sealed partial class DcpState
{
    const string Rng = "rng_state";
    const string Rerun = "rerun_state_machine";
    const int LongestValue = 1 << 20;

    readonly TorchDistReader _reader;
    readonly DcpAssembly _assembly;
    readonly List<(IReadOnlyList<TorchDistPathStep> Path, string Name, TensorInfo? Tensor)> _common = [];
    readonly SortedDictionary<(int Pipeline, int Tensor), List<(IReadOnlyList<TorchDistPathStep> Path, string Name, TensorInfo? Tensor)>> _rng = [];
    readonly List<TensorInfo> _kept = [];
    readonly List<string> _leftOut;

    DcpState(TorchDistReader reader, DcpAssembly assembly) => (_reader, _assembly, _leftOut) = (reader, assembly, [.. assembly.LeftOut]);

    /// <summary>Tensors that are too long to be values of the common state, or an optimizer's of no known form: seen under their stored names.</summary>
    internal IReadOnlyList<TensorInfo> Kept => _kept;

    /// <summary>Names of what is not shown.</summary>
    internal IReadOnlyList<string> LeftOut => _leftOut;

    /// <summary>The states of random number generators, by the ranks they are of, and what each is put together from.</summary>
    internal IReadOnlyList<(string Name, ObjectInfo First)> RngObjects { get; private set; } = [];

    /// <summary>Sorts the names. Reads nothing.</summary>
    internal static DcpState Of(TorchDistReader reader, DcpAssembly assembly)
    {
        var state = new DcpState(reader, assembly);
        foreach (var item in reader.Objects) { state.Sort(item.Name, null); }
        foreach (var tensor in assembly.Others) { state.Sort(tensor.Name, tensor); }
        state.NameRng();
        return state;
    }

    /// <summary>Reads the common state.</summary>
    internal (PickleDict Common, IReadOnlyList<ReadOnlyMemory<byte>> Storages) ReadCommon()
    {
        var values = new DcpValues(_reader);
        var tree = new DcpTree(_reader.Path);
        var groups = new DcpGroups(_reader.Path);
        var hasGroups = false;
        foreach (var (path, name, tensor) in _common)
        {
            var value = tensor is null ? values.Object(name) : values.Tensor(tensor);
            if (groups.TryAdd(path, value)) { continue; }
            hasGroups |= path is [{ Key: "optimizer" }, { Key: "param_groups" }, ..] or [{ Key: "optimizer" }, { Key: "optimizer" }, { Key: "param_groups" }, ..];
            tree.Add(path, value);
        }
        var steps = _assembly.Steps.Count == 0 ? [] : Steps();
        if (!hasGroups && groups.List(steps) is { } list) { tree.Add([new("optimizer", 0), new("param_groups", 0)], list); }
        else if (steps.Count > 0 && steps.Values.Distinct().Count() == 1)
        {
            // As torch's optimizers keep it: with each parameter, all alike.
            var isNested = _common.Any(static entry => entry.Path is [{ Key: "optimizer" }, { Key: "optimizer" }, ..]);
            TorchDistPathStep[] front = isNested ? [new("optimizer", 0), new("optimizer", 0)] : [new("optimizer", 0)];
            tree.Add([.. front, new("state", 0), new("0", 0), new("step", 0)], PickleValues.Number(steps.Values.First()));
        }
        return (tree.Dict(), values.Storages);
    }

    /// <summary>Reads a rank's random number generators.</summary>
    /// <param name="index">Into <see cref="RngObjects"/>.</param>
    internal (PickleNode Value, IReadOnlyList<ReadOnlyMemory<byte>> Storages) ReadRng(int index)
    {
        var values = new DcpValues(_reader);
        var tree = new DcpTree(_reader.Path);
        foreach (var (path, name, tensor) in _rng.Values.ElementAt(index))
        {
            // Below one name, so that a list is seen as one.
            tree.Add([new(Rng, 0), .. path], tensor is null ? values.Object(name) : values.Tensor(tensor));
        }
        return (tree.Dict().Find(Rng)!, values.Storages);
    }

    void Sort(string name, TensorInfo? tensor)
    {
        if (name.StartsWith("model.", StringComparison.Ordinal)) { _leftOut.Add(name); return; }
        var path = DcpTree.Path(_reader, name);
        switch (path[0].Key)
        {
            case Rerun: _leftOut.Add(name); break;
            case Rng when path.Count > 1 && Rank(path[1]) is { } rank: OfRank(rank).Add((path.Skip(2).ToArray(), name, tensor)); break;
            case Rng when path.Count > 1 && path[1].Key is null: OfRank((0, 0)).Add((path.Skip(1).ToArray(), name, tensor)); break;
            case "optimizer" when tensor is not null && tensor.Shape.Count > 1: _kept.Add(tensor); break;
            default:
                if (tensor is not null && tensor.ByteLength > LongestValue) { _kept.Add(tensor); }
                else { _common.Add((path, name, tensor)); }
                break;
        }
    }

    List<(IReadOnlyList<TorchDistPathStep> Path, string Name, TensorInfo? Tensor)> OfRank((int, int) rank)
    {
        if (!_rng.TryGetValue(rank, out var entries)) { _rng.Add(rank, entries = []); }
        return entries;
    }

    void NameRng()
    {
        if (_rng.Count == 0) { return; }
        var (pipeline, tensor) = (_rng.Keys.Max(static rank => rank.Pipeline) + 1, _rng.Keys.Max(static rank => rank.Tensor) + 1);
        var objects = _reader.Objects.ToDictionary(static item => item.Name, StringComparer.Ordinal);
        var named = new List<(string, ObjectInfo)>();
        foreach (var (rank, entries) in _rng)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{Rng}/shard_{rank.Pipeline}.{rank.Tensor}_{pipeline}.{tensor}");
            var first = entries.FirstOrDefault(static entry => entry.Tensor is null);
            named.Add((name, first.Name is null ? new ObjectInfo(name, 0, 0, 0) : objects[first.Name] with { Name = name }));
        }
        RngObjects = named;
    }

    Dictionary<string, double> Steps()
    {
        var steps = new Dictionary<string, double>(_assembly.Steps.Count, StringComparer.Ordinal);
        Span<byte> bytes = stackalloc byte[16];
        foreach (var (parameter, tensor) in _assembly.Steps)
        {
            if (tensor.DType is not (DType.F32 or DType.F64 or DType.I32 or DType.I64)) { continue; }
            var payload = _reader.Locate(tensor, 0);
            var own = bytes[..tensor.DType.ByteSize()];
            payload.Source.ReadExactly(payload.Offset, own);
            steps[parameter] = tensor.DType switch
            {
                DType.F32 => BinaryPrimitives.ReadSingleLittleEndian(own),
                DType.F64 => BinaryPrimitives.ReadDoubleLittleEndian(own),
                DType.I32 => BinaryPrimitives.ReadInt32LittleEndian(own),
                _ => BinaryPrimitives.ReadInt64LittleEndian(own),
            };
        }
        return steps;
    }

    /// <summary>The ranks that a key <c>(0, 1)</c> names: pipeline, tensor.</summary>
    static (int Pipeline, int Tensor)? Rank(TorchDistPathStep step) =>
        step.Key is { } key && Ranks().Match(key) is { Success: true } match
        && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var pipeline)
        && int.TryParse(match.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var tensor) ? (pipeline, tensor) : null;

    [GeneratedRegex(@"\A\(([0-9]{1,6}), ([0-9]{1,6})\)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Ranks();
}
