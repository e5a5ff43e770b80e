using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Torch;
using Ckpt.Models.Megatron.Optimizer;

namespace Ckpt.Models.Megatron.State;

/// <summary>
/// Finds param groups and loss scalers wherever a checkpoint keeps them: in the common state, one optimizer or several by number, or in objects of
/// the model-parallel groups (STA-4.2).
/// </summary>
sealed class SubOptimizerReader
{
    readonly IMegatronReader _source;
    readonly List<ReadOnlyMemory<byte>> _storages;

    SubOptimizerReader(IMegatronReader source, List<ReadOnlyMemory<byte>> storages) => (_source, _storages) = (source, storages);

    /// <summary>The optimizers, in order; none where nothing is kept of them.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="storages">Storages of the common state; those of tensors in objects are added.</param>
    /// <exception cref="MalformedCheckpointException">STA-4.1: param groups have another form.</exception>
    internal static IReadOnlyList<SubOptimizer> Read(IMegatronReader source, List<ReadOnlyMemory<byte>> storages) => new SubOptimizerReader(source, storages).Read();

    List<SubOptimizer> Read()
    {
        var found = new List<SubOptimizer>();
        var chains = GroupObjects();
        switch (_source.Common?.Find("optimizer") ?? (LegacyState.FirstOptimizer(_source) is { } own ? Object(own) : null))
        {
            case PickleDict dict when dict.Items.Count > 0 && dict.Items.All(static item => item.Key is PickleInt):
                foreach (var (_, value) in dict.Items.OrderBy(static item => ((PickleInt)item.Key).Value)) { Add(found, value); }
                break;
            case PickleList list:
                foreach (var value in list.Items) { Add(found, value); }
                break;
            case PickleDict dict: Add(found, dict); break;
        }
        if (found.Count > 0) { return found; }
        foreach (var (_, objects) in chains)
        {
            if (!objects.TryGetValue("optimizer", out var name)) { continue; }
            if (Groups(Object(name)) is not { } groups) { Throw.NoGroups(name); return found; }
            found.Add(new SubOptimizer(groups, objects.TryGetValue("grad_scaler", out var scaler) ? Object(scaler) : null, null));
        }
        return found;
    }

    void Add(List<SubOptimizer> found, PickleNode node)
    {
        if (node is not PickleDict dict) { return; }
        var inner = dict.Find("optimizer") as PickleDict ?? dict;
        if (Groups(inner) is not { } groups) { return; }
        var step = (inner.Find("state") as PickleDict)?.Find("common_step") ?? FirstStep(dict.Find("param_state")) ?? FirstStep(inner.Find("state"));
        found.Add(new SubOptimizer(groups, dict.Find("grad_scaler") is { } scaler and not PickleNone ? scaler : null, step));
    }

    /// <summary>The step that core 0.8 to 0.14 and torch's own optimizers keep with each parameter; they are all the same.</summary>
    static PickleNode? FirstStep(PickleNode? states)
    {
        foreach (var (_, value) in (states as PickleDict)?.Items ?? [])
        {
            if ((value as PickleDict)?.Find("step") is { } step) { return step; }
        }
        return null;
    }

    List<PickleDict>? Groups(PickleNode? node)
    {
        if ((node as PickleDict)?.Find("param_groups") is not { } found) { return null; }
        if (found is not PickleList list) { Throw.Form(_source.Path, found); return null; }
        var groups = new List<PickleDict>(list.Items.Count);
        foreach (var item in list.Items)
        {
            if (item is not PickleDict group) { Throw.Form(_source.Path, item); return null; }
            groups.Add(group.Without("params"));
        }
        return groups;
    }

    /// <summary>Of each chained optimizer, the objects of its first model-parallel group, by kind.</summary>
    SortedDictionary<string, Dictionary<string, string>> GroupObjects()
    {
        var chains = new SortedDictionary<string, Dictionary<string, string>>(ChainOrder.Instance);
        var first = new Dictionary<(string, string), int>();
        foreach (var item in _source.Objects)
        {
            if (!OptimizerNames.TryGroupState(item.Name, out var name) || (first.TryGetValue((name.Chain, name.Kind), out var group) && group <= name.Group)) { continue; }
            if (!chains.TryGetValue(name.Chain, out var kinds)) { chains.Add(name.Chain, kinds = new(StringComparer.Ordinal)); }
            (kinds[name.Kind], first[(name.Chain, name.Kind)]) = (item.Name, name.Group);
        }
        return chains;
    }

    // Opened once: the storages belong to that very pickle.
    PickleNode Object(string name)
    {
        var file = _source.OpenObject(name);
        return PickleEdits.TakeStorages(LegacyState.Entry(file.Root, name), file, _storages, name);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoGroups(string where) => throw new MalformedCheckpointException("STA-4.1", where, "holds no param_groups");

        [DoesNotReturn]
        internal static void Form(string where, PickleNode found) => throw new MalformedCheckpointException(
            "STA-4.1", where, $"{found.GetType().Name} in param_groups, which is a list of dicts");
    }
}
