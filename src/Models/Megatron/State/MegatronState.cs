using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Ckpt.Formats;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.TorchDist;
using Ckpt.Models.Megatron.Legacy;
using Ckpt.Models.Megatron.Optimizer;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Views;

namespace Ckpt.Models.Megatron.State;

/// <summary>Plans what becomes of the training state of a Megatron checkpoint that is written anew: optimizer, random numbers, scheduler, arguments.</summary>
public static partial class MegatronState
{
    /// <summary>
    /// Plans it. Indexes and common state are read; where optimizer state is in grad buffers, both ends of every parameter are, to be compared with
    /// the model's.
    /// </summary>
    /// <exception cref="CheckpointException">The state is broken, of an unknown kind, or cannot be taken apart (spec/state.md).</exception>
    public static StatePlan Plan(IMegatronReader source, StateOptions options, CancellationToken cancel = default)
    {
        if (source is TorchDistReader { Format: "torch_dcp" }) { Throw.NotMegatron(source); }
        if (source is LegacyTorchReader legacy) { options = LegacyState.Complete(legacy, options); }
        var notes = new List<string>();
        var args = new ArgsReader(source.Common ?? new Formats.Torch.PickleDict(), source.Path);
        var saved = options.SourceLayout?.Grid.Sizes ?? RunLayout.Sizes(args);
        var model = source.Tensors.Where(static t => !OptimizerNames.IsOptimizer(t.Name)).ToDictionary(static t => t.Name, StringComparer.Ordinal);
        var halfPrecision = model.Values.Any(static t => t.DType is DType.BF16 or DType.F16);
        var logical = options.Optimizer == OptimizerTarget.Dropped
            ? new LogicalOptimizer(OptimizerForm.None, [])
            : LogicalOptimizer.Find(source, buffers => Assemble(source, options, args, model, buffers, cancel), options.Buffers);
        var views = Named(source, logical, model, options.Optimizer);
        var dropped = options.Optimizer == OptimizerTarget.Dropped;
        var reader = dropped ? (ICheckpointReader)source : new ViewedCheckpoint(source, views, OptimizerNames.IsOptimizer);
        var objects = StateObjects.Select(source, options, saved, notes);
        var (common, storages) = StateTarget.Common(source, options, saved, logical.Form, halfPrecision, notes);
        return new StatePlan(
            logical.Form, reader, [.. views.Select(static view => new MappedTensor(view.Info.Name, view.Info.Shape))],
            dropped ? [new Drop(OptimizerState(), "optimizer state, left out as asked for")] : [], objects, common, storages, notes);
    }

    static IReadOnlyList<TensorView> Assemble(
        IMegatronReader source, StateOptions options, ArgsReader args, Dictionary<string, TensorInfo> model, IReadOnlyList<GradBuffer> buffers, CancellationToken cancel)
    {
        var layout = options.SourceLayout ?? RunLayout.Of(source, args);
        var parameters = new GroupParameters(model.Values, layout, options.Cuts ?? Cuts(args, options.Overrides));
        var assembly = new BufferAssembly(buffers, parameters, model, BufferHints.Of(args, layout.Grid.Sizes.Data!.Value), source.Path);
        // The source is not this method's to dispose: what is wrapped around it here is dropped as it is.
        return assembly.Assemble((views, placed) =>
            RoundingSamples.AreEqual(new ViewedCheckpoint(source, views, OptimizerNames.IsOptimizer), source, [.. placed.Select(static p => p.Placed)], options.Run, cancel));
    }

    static MegatronCuts Cuts(ArgsReader args, IReadOnlyList<CutOverride> overrides)
    {
        var (gated, swiglu) = (args.Flag("gated_linear_unit"), args.Flag("swiglu"));
        return new MegatronCuts(new MegatronCutOptions
        {
            Gated = gated == true || swiglu == true || (gated is null && swiglu is null),
            Experts = (int?)(args.Size("num_experts") ?? args.Size("num_moe_experts")),
            Overrides = overrides,
        });
    }

    /// <summary>The states under the target's names. A model of full precision is its own master copy: one target wants it twice, the other once (STA-4.6).</summary>
    static List<TensorView> Named(IMegatronReader source, LogicalOptimizer logical, Dictionary<string, TensorInfo> model, OptimizerTarget target)
    {
        var views = new List<TensorView>(logical.Views.Count);
        var masters = new HashSet<string>(StringComparer.Ordinal);
        var trained = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var view in logical.Views)
        {
            OptimizerNames.TryModelState(view.Info.Name, out var name);
            var isMaster = name.State == LogicalNames.Param;
            if (isMaster) { masters.Add(name.Key); }
            else { trained.Add(name.Key); }
            if (target == OptimizerTarget.FullyReshardable || !isMaster) { views.Add(view); }
            else if (model.GetValueOrDefault(name.Key)?.DType != DType.F32) { views.Add(new RenamedTensor($"optimizer.state.{LogicalNames.MasterParam}.{name.Key}", view)); }
        }
        if (target != OptimizerTarget.FullyReshardable) { return views; }
        foreach (var key in trained)
        {
            if (!masters.Contains(key) && model.TryGetValue(key, out var tensor) && tensor.DType == DType.F32)
            {
                views.Add(new RenamedTensor(LogicalNames.Of(LogicalNames.Param, key), source, tensor));
            }
        }
        return views;
    }

    [GeneratedRegex(@"\A(chained_[0-9]+\.)*optimizer\.", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex OptimizerState();

    static class Throw
    {
        [DoesNotReturn]
        internal static void NotMegatron(IMegatronReader source) => throw new UnsupportedCheckpointException(
            "STA-1.5", source.Path, "is a checkpoint of torch.distributed.checkpoint that holds no model of Megatron's (no model.….embedding.word_embeddings.weight, no decoder layers)");
    }
}
