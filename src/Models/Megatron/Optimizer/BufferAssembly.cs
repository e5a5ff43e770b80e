using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Views;

namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>
/// Finds which parameter lies where in grad buffers. Neither their order nor the boundaries of coalesced buckets are stored: every order a Megatron
/// model may have is tried, what does not fill the recorded buckets exactly is out, and of what is left the one counts whose parameters, rounded,
/// are the model's (STA-3.4).
/// </summary>
/// <param name="buffers">All buffers of the checkpoint.</param>
/// <param name="parameters">What each group has.</param>
/// <param name="model">The model's tensors.</param>
/// <param name="hints">What the run's arguments say.</param>
/// <param name="where">The checkpoint, for messages.</param>
sealed class BufferAssembly(
    IReadOnlyList<GradBuffer> buffers, GroupParameters parameters, IReadOnlyDictionary<string, TensorInfo> model, BufferHints hints, string where)
{
    readonly Dictionary<(int Group, bool Experts, bool Apart), List<BufferParameter>> _parameters = [];
    string _fault = "";

    /// <summary>The states as tensors of the model's shapes, under their logical names.</summary>
    /// <param name="isRight">Whether the parameters that a placement gives are the model's.</param>
    /// <exception cref="LayoutException">STA-3.5: no placement fits, or several do. STA-3.7: groups are missing.</exception>
    internal IReadOnlyList<TensorView> Assemble(Func<IReadOnlyList<RunTensor>, IReadOnlyList<(PlacedParameter Placed, GradBuffer Buffer)>, bool> isRight)
    {
        var found = new List<(string Order, IReadOnlyList<RunTensor> Views)>();
        var seen = new List<IReadOnlyList<(PlacedParameter Placed, GradBuffer Buffer)>>();
        var tried = 0;
        foreach (var order in ParameterOrder.All.Where(order => hints.Norms is not { } norms || order.Norms == norms))
        {
            if (Place(order) is not { } placed || seen.Exists(other => IsSame(other, placed))) { continue; }
            seen.Add(placed);
            if (Views(placed) is not { } views) { continue; }
            tried++;
            if (isRight(views, placed)) { found.Add((order.ToString(), views)); }
        }
        return found switch
        {
            [var one] => one.Views,
            [] when tried > 0 => Throw.NotTheModel(where, tried),
            [] => Throw.NoOrder(where, _fault),
            _ => Throw.Several(where, found.Select(static f => f.Order)),
        };
    }

    /// <summary>All buffers under one order, or null where one does not fit; what did not is kept for the message.</summary>
    List<(PlacedParameter Placed, GradBuffer Buffer)>? Place(ParameterOrder order)
    {
        var chains = buffers.Select(static b => b.Chain).Distinct().Order(ChainOrder.Instance).ToArray();
        if (chains.Length > 2) { Throw.Chains(where, chains.Length); }
        var placed = new List<(PlacedParameter, GradBuffer)>();
        for (var chain = 0; chain < chains.Length; chain++)
        {
            var (experts, apart) = (chain == 1, chains.Length == 2);
            var groups = buffers.Where(b => b.Chain == chains[chain]).GroupBy(static b => b.Group).OrderBy(static g => g.Key).ToArray();
            if (groups.Length != parameters.Groups(experts) || groups[^1].Key != groups.Length - 1) { Throw.Groups(where, chains[chain], groups.Length, parameters.Groups(experts)); }
            foreach (var group in groups)
            {
                if (!PlaceGroup(ParametersOf(group.Key, experts, apart), [.. group.OrderBy(static b => b.Index)], order, placed)) { return null; }
            }
        }
        return placed;
    }

    List<BufferParameter> ParametersOf(int group, bool experts, bool apart)
    {
        if (!_parameters.TryGetValue((group, experts, apart), out var found)) { _parameters.Add((group, experts, apart), found = parameters.Of(group, experts, apart)); }
        return found;
    }

    /// <summary>A group's buffers: chunk by chunk, and of each chunk one for each type, as its parameters come.</summary>
    bool PlaceGroup(List<BufferParameter> all, GradBuffer[] own, ParameterOrder order, List<(PlacedParameter, GradBuffer)> placed)
    {
        var sorted = new List<(long[] Place, BufferParameter Parameter)>(all.Count);
        foreach (var one in all)
        {
            if (order.Place(one.OrderKey, one.Layer, one.Expert) is not { } place) { _fault = $"where {Quoted.Name(one.Key)} stands among a model's parameters is not known"; return false; }
            sorted.Add(([one.Chunk, .. place], one));
        }
        sorted.Sort(static (a, b) => a.Place.AsSpan().SequenceCompareTo(b.Place));
        var lists = sorted.GroupBy(static one => (one.Parameter.Chunk, one.Parameter.DType)).Select(static g => (g.Key.DType, Parameters: g.Select(static one => one.Parameter).ToList())).ToArray();
        if (lists.Length != own.Length) { _fault = $"{own[0].Where}: {own.Length} buffers, the model's parameters make {lists.Length}"; return false; }
        for (var i = 0; i < own.Length; i++)
        {
            var (dtype, list) = lists[i];
            if (!DTypes.TryParseTorch(own[i].ParamDType, out var stored) || stored != dtype) { _fault = $"{own[i].Where}: the model's parameters are {dtype.DisplayName()}"; return false; }
            var numels = own[i].Buckets.Select(static bucket => bucket.Numel).ToArray();
            var found = own[i].Coalesced ? Coalesced(list, numels[0]) : BufferPlacement.Into(list, numels);
            if (found is null)
            {
                _fault = string.Create(CultureInfo.InvariantCulture, $"{own[i].Where}: {numels.Sum()} elements are recorded in {numels.Length} buckets, which the {list.Count} parameters of {list.Sum(static p => p.Numel)} elements do not fill exactly");
                return false;
            }
            placed.AddRange(found.Select(one => (one, own[i])));
        }
        return true;
    }

    /// <summary>A bucket's end takes away what would align the next parameter, so that lengths agree only where places do.</summary>
    IReadOnlyList<PlacedParameter>? Coalesced(List<BufferParameter> list, long numel)
    {
        foreach (var size in hints.BucketSizes)
        {
            if (BufferPlacement.Coalesced(list, numel, size) is { } found) { return found; }
        }
        return null;
    }

    List<RunTensor>? Views(List<(PlacedParameter Placed, GradBuffer Buffer)> placed)
    {
        var views = new BufferViews(model);
        foreach (var (one, buffer) in placed) { views.Add(one, buffer.Buckets[one.Bucket].States); }
        var faults = new List<(string Name, TilingFault Fault)>();
        var made = views.Make(faults);
        if (faults.Count == 0) { return made; }
        _fault = $"{Quoted.Name(faults[0].Name)} would be covered with a {faults[0].Fault}";
        return null;
    }

    static bool IsSame(IReadOnlyList<(PlacedParameter Placed, GradBuffer Buffer)> a, List<(PlacedParameter Placed, GradBuffer Buffer)> b)
    {
        for (var i = 0; i < a.Count; i++)
        {
            if (!ReferenceEquals(a[i].Placed.Parameter, b[i].Placed.Parameter) || (a[i].Placed.Bucket, a[i].Placed.First) != (b[i].Placed.Bucket, b[i].Placed.First)) { return false; }
        }
        return true;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static IReadOnlyList<TensorView> NoOrder(string where, string fault) => throw new LayoutException(
            "STA-3.5", where, $"the optimizer's grad buffers cannot be taken apart: {fault}");

        [DoesNotReturn]
        internal static IReadOnlyList<TensorView> NotTheModel(string where, int tried) => throw new LayoutException(
            "STA-3.5", where, $"the optimizer's grad buffers cannot be taken apart: of {tried} orders of parameters that fill them, none gives parameters that round to the model's");

        [DoesNotReturn]
        internal static IReadOnlyList<TensorView> Several(string where, IEnumerable<string> orders) => throw new LayoutException(
            "STA-3.5", where, $"the optimizer's grad buffers can be taken apart in more than one way: {string.Join("; ", orders)}");

        [DoesNotReturn]
        internal static void Groups(string where, string chain, int found, int expected) => throw new LayoutException(
            "STA-3.7", where, $"optimizer state of {found} model-parallel groups{(chain.Length == 0 ? "" : $" of {chain}")}, the layout has {expected}, counted from 0");

        [DoesNotReturn]
        internal static void Chains(string where, int chains) => throw new LayoutException(
            "STA-3.7", where, $"{chains} chained optimizers keep grad buffers; known are one, and one for experts beside it");
    }
}
