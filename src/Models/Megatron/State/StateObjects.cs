using System.Globalization;
using System.Text.RegularExpressions;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.TorchDist;
using Ckpt.Models.Megatron.Optimizer;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron.State;

/// <summary>Which of a checkpoint's objects are carried over (STA-4.4, STA-5.1 to STA-5.3), and the sentences about those that are not.</summary>
sealed partial class StateObjects
{
    readonly IMegatronReader _source;
    readonly StateOptions _options;
    readonly ParallelSizes _saved;
    readonly List<string> _notes;

    StateObjects(IMegatronReader source, StateOptions options, ParallelSizes saved, List<string> notes) => (_source, _options, _saved, _notes) = (source, options, saved, notes);

    internal static List<ObjectTarget> Select(IMegatronReader source, StateOptions options, ParallelSizes saved, List<string> notes) =>
        new StateObjects(source, options, saved, notes).Select();

    /// <summary>Whether the run that loads it has the processes of the one that saved it.</summary>
    internal static bool IsSameRun(ParallelSizes saved, ParallelSizes? sizes)
    {
        if (sizes is null) { return true; }
        return (saved.Tensor, saved.Pipeline, saved.VirtualPipeline) == (sizes.Tensor, sizes.Pipeline, sizes.VirtualPipeline)
            && (saved.World is null || saved.World == sizes.Resolve().World);
    }

    List<ObjectTarget> Select()
    {
        var kept = new List<ObjectTarget>();
        var (rng, rerun) = (0, 0);
        var keepsRng = !_options.DropRng && RngFits();
        var keepsRerun = IsSameRun(_saved, _options.Sizes);
        foreach (var item in _source.Objects)
        {
            if (OptimizerNames.IsOptimizer(item.Name) || item.Name.StartsWith("common_state/", StringComparison.Ordinal) || LegacyState.IsOfRank(item.Name)) { continue; }
            if (Rng().IsMatch(item.Name)) { rng++; if (!keepsRng) { continue; } }
            else if (item.Name.StartsWith("rerun_state_machine_state/", StringComparison.Ordinal)) { rerun++; if (!keepsRerun) { continue; } }
            kept.Add(ObjectTarget.Stored(_source, item));
        }
        if (LegacyState.Rng(_source) is { Count: > 0 } ranks)
        {
            rng += ranks.Count;
            keepsRng = !_options.DropRng && ranks.All(rank => rank.Grid.Length > 0 && (_options.Sizes is not { } sizes || Fits(rank.Grid, sizes)));
            if (keepsRng) { kept.AddRange(ranks.Select(rank => LegacyState.RngObject(_source, rank))); }
        }
        // Older files have one rank's in the common state; others have no place there.
        if (_source.Common?.Find("rng_state") is { } single)
        {
            rng++;
            keepsRng = !_options.DropRng && IsOneRank(_saved) && (_options.Sizes is null || IsOneRank(_options.Sizes));
            if (keepsRng) { kept.Add(ObjectTarget.Of("rng_state/shard_0.0_1.1", single, _source.CommonStorages)); }
        }
        if (rng > 0 && !keepsRng) { _notes.Add(_options.DropRng ? "random number states are left out, as asked for" : RngNote()); }
        if (rerun > 0 && !keepsRerun) { _notes.Add("the state of the rerun machine is left out: Megatron loads it only with the same processes"); }
        return kept;
    }

    /// <summary>Of several grids (a model of several parts) every one must fit.</summary>
    bool RngFits() => _options.Sizes is not { } sizes || _source.Objects.Select(static item => Grid(item)).All(grid => grid is null || Fits(grid, sizes));

    /// <summary>The grid is PP × TP, and with expert parallelism × DP.</summary>
    static bool Fits(int[] grid, ParallelSizes given)
    {
        var sizes = given.Resolve();
        return grid is [var pipeline, var tensor, ..] && pipeline == sizes.Pipeline && tensor == sizes.Tensor
            && grid.Length == (sizes.Expert > 1 ? 3 : 2) && (grid.Length == 2 || grid[2] == sizes.Data);
    }

    static bool IsOneRank(ParallelSizes sizes) => sizes is { Tensor: 1, Pipeline: 1, Expert: 1 };

    string RngNote()
    {
        if (_source.Objects.Select(static item => Grid(item)).FirstOrDefault(static found => found is not null) is not { } grid || _options.Sizes is null)
        {
            return "random number states are left out: they are of one rank of several, and Megatron wants those of all";
        }
        var sizes = _options.Sizes.Resolve();
        return string.Create(CultureInfo.InvariantCulture,
            $"random number states are left out: they are of {string.Join(" × ", grid)} (PP × TP{(grid.Length > 2 ? " × DP" : "")}) ranks, the target has PP {sizes.Pipeline}, TP {sizes.Tensor}, EP {sizes.Expert}, DP {sizes.Data}, and Megatron ignores those of other grids");
    }

    static int[]? Grid(ObjectInfo item)
    {
        if (Rng().Match(item.Name) is not { Success: true } match) { return null; }
        var parts = match.Groups["grid"].Value.Split('.');
        var grid = new int[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out grid[i])) { return []; }
        }
        return grid;
    }

    [GeneratedRegex(@"(?:\A|[._])rng_state/shard_[0-9.]+_(?<grid>[0-9.]+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Rng();
}
