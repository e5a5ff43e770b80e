using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Views;

namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>
/// A checkpoint's optimizer state as one tensor for each state of each of the model's, in its shape: <c>optimizer.state.{param|exp_avg|…}.{key}</c>,
/// whatever way it is stored.
/// </summary>
/// <param name="Form">How it is stored.</param>
/// <param name="Views">The states; their names are the logical ones.</param>
sealed record LogicalOptimizer(OptimizerForm Form, IReadOnlyList<TensorView> Views)
{
    /// <summary>Finds the states; where they are in grad buffers, some of their elements are read and compared with the model's.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="assemble">Takes grad buffers apart.</param>
    /// <param name="files">Grad buffers of the files of a legacy checkpoint.</param>
    /// <exception cref="CheckpointException">It breaks a clause of spec/state.md part 1 to 3.</exception>
    internal static LogicalOptimizer Find(IMegatronReader source, Func<IReadOnlyList<GradBuffer>, IReadOnlyList<TensorView>> assemble, IReadOnlyList<GradBuffer>? files)
    {
        var model = source.Tensors.Where(static t => !OptimizerNames.IsOptimizer(t.Name)).ToDictionary(static t => t.Name, StringComparer.Ordinal);
        var views = new Dictionary<string, TensorView>(StringComparer.Ordinal);
        var (flattened, master, param) = (false, false, false);
        foreach (var tensor in source.Tensors)
        {
            if (!OptimizerNames.TryModelState(tensor.Name, out var name))
            {
                if (OptimizerNames.IsOptimizer(tensor.Name) && !OptimizerNames.TryBucketState(tensor.Name, out _)) { Throw.Unknown(tensor.Name); }
                continue;
            }
            master |= name.State == LogicalNames.MasterParam;
            param |= name.State == LogicalNames.Param;
            var logical = LogicalNames.Of(name.State, name.Key);
            var view = View(source, tensor, logical, model.GetValueOrDefault(name.Key), ref flattened);
            if (!views.TryAdd(logical, view)) { Throw.Twice(tensor.Name, logical); }
        }
        var (form, buffers) = files is { Count: > 0 } ? (OptimizerForm.DistribOptimFiles, files) : GradBufferReader.Read(source);
        if (form == OptimizerForm.None)
        {
            form = flattened ? OptimizerForm.FullyShardedModelSpace : param ? OptimizerForm.FullyReshardable : views.Count > 0 ? OptimizerForm.NonDistributed : OptimizerForm.None;
            return new LogicalOptimizer(form, [.. views.Values]);
        }
        foreach (var view in assemble(buffers))
        {
            if (!views.TryAdd(view.Info.Name, view)) { Throw.Twice(source.Path, view.Info.Name); }
        }
        return new LogicalOptimizer(form, [.. views.Values]);
    }

    static TensorView View(IMegatronReader source, TensorInfo tensor, string logical, TensorInfo? model, ref bool flattened)
    {
        // STA-2.3: checkpoints of core before 0.15 written with torch 2.9 or 2.10 lost what says so.
        var original = source.OriginalShapes.TryGetValue(tensor.Name, out var said) ? said
            : model is not null && tensor.Shape != model.Shape && FlattenedTensor.IsFlattened(tensor.Shape, model.Shape) ? model.Shape : tensor.Shape;
        if (model is not null && original != model.Shape) { Throw.OtherShape(tensor.Name, original, model.Shape); }
        // STA-2.4: core 0.8 to 0.10 kept tensors of one axis as they are.
        if (original == tensor.Shape) { return new RenamedTensor(logical, source, tensor); }
        flattened = true;
        return FlattenedTensor.View(source, tensor, logical, original);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Unknown(string name) => throw new UnsupportedCheckpointException(
            "STA-1.3", Quoted.Name(name), "is of an optimizer, and of no form that is known: optimizer.state.STATE.TENSOR, or a bucket of a grad buffer");

        [DoesNotReturn]
        internal static void Twice(string name, string logical) => throw new MalformedCheckpointException(
            "STA-1.4", Quoted.Name(name), $"is {logical}, as another tensor of the checkpoint is");

        [DoesNotReturn]
        internal static void OtherShape(string name, Shape found, Shape model) => throw new MalformedCheckpointException(
            "STA-2.7", Quoted.Name(name), $"is the state of a tensor of shape {found}; the model's has shape {model}");
    }
}
