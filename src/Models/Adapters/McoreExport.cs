using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.TorchDist;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Sharding.Boxes;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Views;

namespace Ckpt.Models.Adapters;

/// <summary>
/// Writes an adapter of PEFT's as Megatron's, which knows one A for all that is fused in a module, one rank and one scale: different A's are
/// stacked, ranks padded with zeros, other scales folded into B (ADP-4.3, ADP-4.4).
/// </summary>
public sealed class McoreExport
{
    const string Zeros = "rank and rows that this module has none of: zeros";

    readonly HfConfig _config;
    readonly McoreExportOptions _options;
    readonly LogicalAdapter _adapter;
    readonly TensorMap _map;
    readonly Dictionary<string, SortedDictionary<long, McoreSlot>> _slots = new(StringComparer.Ordinal);
    readonly Dictionary<string, Shape> _shapes;
    readonly List<string> _notes;
    readonly int _rank;
    readonly double _scaling;

    McoreExport(LogicalAdapter adapter, HfConfig config, McoreExportOptions options)
    {
        (_adapter, _config, _options) = (adapter, config, options);
        _notes = [.. adapter.Notes];
        var names = adapter.Modules.Select(static module => module.Weight).Concat(adapter.Saved.Select(static saved => saved.Name)).ToHashSet(StringComparer.Ordinal);
        _map = AdapterModel.Of(config).Map(new BridgeOptions
        {
            PaddedVocab = options.PaddedVocab,
            Choices = options.Dialect is { } dialect ? new Dictionary<string, string> { [Opening.ModelCheckpoint.DialectChoice] = dialect } : new Dictionary<string, string>(),
        }, names);
        _shapes = _map.Right.Tensors.ToDictionary(static tensor => tensor.Name, static tensor => tensor.StoredShape, StringComparer.Ordinal);
        var links = new NamingLinks(_map);
        foreach (var module in adapter.Modules) { McoreShares.Find(module, links, _slots, _shapes, adapter.Where); }
        var slots = _slots.Values.SelectMany(static slots => slots.Values).ToArray();
        foreach (var slot in slots) { slot.Stack(); }
        _rank = slots.Select(static slot => slot.Rank).DefaultIfEmpty(8).Max();
        _scaling = adapter.Modules.GroupBy(static module => module.Scaling).OrderByDescending(static group => group.Count()).ThenBy(static group => group.Key)
            .Select(static group => group.Key).DefaultIfEmpty(1).First();
    }

    /// <summary>The conversion.</summary>
    /// <param name="adapter">An adapter of PEFT's; its reader is disposed with the conversion's source.</param>
    /// <param name="config">The model's config.</param>
    /// <param name="options">How.</param>
    /// <exception cref="UnsupportedCheckpointException">ADP-4.5: the adapter has what Megatron cannot hold.</exception>
    public static AdapterConversion Plan(PeftAdapter adapter, HfConfig config, McoreExportOptions? options = null)
    {
        options ??= new McoreExportOptions();
        var logical = adapter.Resolve(AdapterModel.Of(config));
        McoreLimits.Check(logical);
        return new McoreExport(logical, config, options).Plan(adapter.Reader);
    }

    AdapterConversion Plan(ICheckpointReader reader)
    {
        var (source, scaled) = Scaled(reader);
        var links = new LinkBuilder();
        foreach (var (weight, slots) in _slots) { LinkWeight(weight, slots, links, source); }
        McoreLimits.LinkSaved(_adapter, _map, links, _options.PaddedVocab > _config.Model.VocabSize);
        var map = links.Build();
        var targets = Targets(source, map, scaled);
        return new AdapterConversion(source, map, Writer(), targets, [new SmallFile("args.json", McoreTunerArgs.Json(_config, Tuner(), _options))], _notes);
    }

    /// <summary>ADP-4.4: scales that differ from the common one are folded into B.</summary>
    (ICheckpointReader Source, bool Widened) Scaled(ICheckpointReader reader)
    {
        var views = new Dictionary<string, TensorView>(StringComparer.Ordinal);
        var rounded = 0;
        foreach (var module in _adapter.Modules)
        {
            var factor = module.Scaling / _scaling;
            if (factor == 1 || views.ContainsKey(module.B.Tensor.Name)) { continue; }
            views.Add(module.B.Tensor.Name, new ScaledTensor(reader, module.B.Tensor, factor));
            if (!double.IsPow2(factor)) { rounded++; }
        }
        if (views.Count == 0) { return (reader, false); }
        _notes.Add($"{views.Count} of {_adapter.Modules.Count} modules have another scale than {_scaling}, which is folded into their B: {(rounded == 0 ? "exactly" : $"{rounded} of them rounded once to float32")}");
        return (new ViewedCheckpoint(reader, [.. views.Values]), true);
    }

    void LinkWeight(string weight, SortedDictionary<long, McoreSlot> slots, LinkBuilder links, ICheckpointReader source)
    {
        var tensors = source.Tensors.ToDictionary(static tensor => tensor.Name, StringComparer.Ordinal);
        var shape = _shapes[weight];
        var (outs, ins) = (shape[shape.Rank - 2], shape[shape.Rank - 1]);
        var lead = shape.Dims[..^2].ToArray();
        var rows = GatedRows.Of(weight, outs, TensorParallel(weight));
        var a = links.Right(McoreAdapterKey.Of(weight, McorePart.A), new Shape([.. lead, _rank, ins]));
        var b = links.Right(McoreAdapterKey.Of(weight, McorePart.B), new Shape([.. lead, outs, _rank]));
        for (var index = 0L; index < new Shape(lead).Count; index++)
        {
            var at = Lead(lead, index);
            if (!slots.TryGetValue(index, out var slot))
            {
                links.Pad(a, new Box([.. at, 0, 0], [.. One(at), _rank, ins]), Zeros);
                links.Pad(b, new Box([.. at, 0, 0], [.. One(at), outs, _rank]), Zeros);
                continue;
            }
            LinkA(slot, at, ins, a, links, tensors);
            LinkB(slot, at, outs, rows, b, links, tensors);
        }
    }

    void LinkA(McoreSlot slot, long[] at, long ins, int right, LinkBuilder links, Dictionary<string, TensorInfo> tensors)
    {
        var done = new Dictionary<int, LoraModule>();
        foreach (var (module, place) in slot.RankOf)
        {
            if (!done.TryAdd(place, module))
            {
                links.Same(module.A.Tensor, done[place].A.Tensor, "the A of what is fused with it, which Megatron has once");
                continue;
            }
            links.Add(tensors[module.A.Tensor.Name], module.A.Parts[0], right, [.. at.Select(AxisRun.One), new AxisRun(place, 1, module.Rank), new AxisRun(0, 1, ins)]);
        }
        if (slot.Rank < _rank) { links.Pad(right, new Box([.. at, slot.Rank, 0], [.. One(at), _rank - slot.Rank, ins]), Zeros); }
    }

    void LinkB(McoreSlot slot, long[] at, long outs, GatedRows rows, int right, LinkBuilder links, Dictionary<string, TensorInfo> tensors)
    {
        var filled = new List<(long Start, long Count)>();
        foreach (var share in slot.Shares)
        {
            var (source, place) = (share.Module.B.Parts[0], slot.RankOf[share.Module]);
            foreach (var (places, stored) in rows.Of(share.Rows))
            {
                var from = places.Of(share.Outputs).Of(source[^2]);
                links.Add(tensors[share.Module.B.Tensor.Name], [.. source[..^2], from, source[^1]], right, [.. at.Select(AxisRun.One), stored, new AxisRun(place, 1, share.Module.Rank)]);
                filled.Add((stored.Start, stored.Count));
                Pad(stored.Start, stored.Count, 0, place);
                Pad(stored.Start, stored.Count, place + share.Module.Rank, _rank - place - share.Module.Rank);
            }
        }
        var end = 0L;
        foreach (var (start, count) in filled.Order())
        {
            Pad(end, start - end, 0, _rank);
            end = start + count;
        }
        Pad(end, outs - end, 0, _rank);

        void Pad(long row, long count, long column, long width)
        {
            if (count > 0 && width > 0) { links.Pad(right, new Box([.. at, row, column], [.. One(at), count, width]), Zeros); }
        }
    }

    /// <summary>A box for every layer and expert, and for each rank's rows where these lie by rank: so the file says how it is to be read.</summary>
    List<TensorTarget> Targets(ICheckpointReader source, TensorMap map, bool widened)
    {
        var cast = widened ? DType.F32 : (DType?)null;
        var targets = new List<TensorTarget>();
        foreach (var target in Sharding.Plans.TargetMaker.Make(source.Tensors, map, cast, cutLeadingAxes: false))
        {
            var key = McoreAdapterKey.Parse(target.Name);
            if (key.Part is not (McorePart.A or McorePart.B)) { targets.Add(target); continue; }
            var boxes = Sharding.Plans.TargetMaker.Cut(target.Shape, target.Shape.Rank - 2);
            var ranks = key.Part == McorePart.B && GatedRows.Is(key.Parameter) ? TensorParallel(key.Parameter) : 1;
            targets.Add(target with { Boxes = ranks == 1 ? boxes : [.. boxes.SelectMany(box => Rows(box, ranks))] });
        }
        return targets;
    }

    static IEnumerable<Box> Rows(Box box, int parts)
    {
        for (var part = 0; part < parts; part++)
        {
            var (offset, size) = (box.Offset.ToArray(), box.Size.ToArray());
            size[^2] /= parts;
            offset[^2] = part * size[^2];
            yield return new Box(offset, size);
        }
    }

    // Experts are not split under LoRA.
    int TensorParallel(string weight) => weight.Contains(".experts.", StringComparison.Ordinal) ? 1 : _options.Sizes.Tensor;

    TorchDistWriter Writer() => new(new TorchDistWriterOptions
    {
        Common = McoreTunerArgs.Common(_config, Tuner(), _options),
        Folder = TorchDistWriterOptions.IterationFolder(_options.Iteration),
        FileCount = _options.FileCount,
        Form = _options.Form,
    });

    McoreTuner Tuner()
    {
        var (alpha, rslora) = AdapterScale.Of(_scaling, _rank);
        return new McoreTuner(
            _rank, alpha, rslora, _adapter.Dropout,
            [.. _slots.Keys.Select(McoreTunerArgs.ModuleOf).Distinct().Order(StringComparer.Ordinal)],
            [.. McoreLimits.SavedParameters(_adapter, _map).Select(McoreTunerArgs.ModuleOf).Distinct().Order(StringComparer.Ordinal)]);
    }

    static long[] Lead(long[] dims, long index)
    {
        var at = new long[dims.Length];
        for (var axis = dims.Length - 1; axis >= 0; axis--) { (index, at[axis]) = Math.DivRem(index, dims[axis]); }
        return at;
    }

    static IEnumerable<long> One(long[] at) => at.Select(static _ => 1L);
}
