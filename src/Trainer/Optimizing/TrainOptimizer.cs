using System.Diagnostics.CodeAnalysis;
using Ckpt.Torch;
using Ckpt.Trainer.Modeling;
using Ckpt.Trainer.Parallel;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Optimizing;

/// <summary>
/// The optimizer of a model's trainable parameters, with values in float32 whatever their type, shared by ranks with data of their own (ZeRO-1).
/// It takes the parameters' storage over: they are views of its buffers, and must not outlive it. Every rank makes the same calls.
/// </summary>
public sealed class TrainOptimizer : IOptimizerState, IDisposable
{
    readonly ParallelPlace _place;
    readonly OptimizerOptions _options;
    readonly List<FlatGroup> _groups = [];
    readonly Dictionary<string, (FlatGroup Group, Parameter Parameter)> _parameters = new(StringComparer.Ordinal);
    readonly string[] _kinds;

    public TrainOptimizer(GptModel model, ParallelPlace place, OptimizerOptions options)
    {
        (_place, _options) = (place, options);
        _kinds = options.Kind == OptimizerKind.Adam ? [OptimizerKinds.Mean, OptimizerKinds.Variance] : [OptimizerKinds.Momentum];
        foreach (var group in model.Parameters.Where(static parameter => parameter.Trainable).GroupBy(static parameter => parameter.Value.dtype).OrderBy(static group => group.Key))
        {
            var flat = new FlatGroup([.. group], place, options.IsDistributed, _kinds);
            _groups.Add(flat);
            foreach (var parameter in flat.Parameters) { _parameters.Add(parameter.Name, (flat, parameter)); }
        }
    }

    public long Step { get; set; }

    public IEnumerable<(string Parameter, string Kind)> Entries =>
        _parameters.Keys.SelectMany(name => _kinds.Prepend(OptimizerKinds.Value).Select(kind => (name, kind)));

    /// <summary>After each backward: adds its gradients to those of the step, in float32.</summary>
    public void AccumulateGradients()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        foreach (var group in _groups) { group.Accumulate(); }
    }

    /// <summary>
    /// Reduces gradients over ranks, clips them, and takes one step; then they are zero. Where their norm is no number, only that.
    /// </summary>
    /// <returns>The norm of all gradients, before clipping.</returns>
    public double Update(double learningRate, double weightDecay)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        foreach (var group in _groups) { group.Reduce(_options.Reduction); }
        var norm = Norm();
        if (double.IsFinite(norm))
        {
            Step++;
            // Megatron-core `clip_grad_by_total_norm_fp32`.
            var scale = _options.ClipGradient > 0 ? Math.Min(1, _options.ClipGradient / (norm + 1e-6)) : 1;
            foreach (var group in _groups)
            {
                foreach (var range in group.Ranges) { Take(group, range, learningRate, range.Decays ? weightDecay : 0, scale); }
                group.Publish();
            }
        }
        Clear();
        return norm;
    }

    /// <summary>Forgets the gradients of a step that is not taken.</summary>
    public void Clear()
    {
        using var off = no_grad();
        foreach (var group in _groups) { group.Clear(); }
    }

    public Tensor Gather(string parameter, string kind)
    {
        var (group, value) = Find(parameter, kind);
        return group.Gather(value, kind);
    }

    public void Scatter(string parameter, string kind, Tensor value)
    {
        var (group, known) = Find(parameter, kind);
        if (!value.shape.SequenceEqual(known.Shape)) { Throw.Shape(parameter, kind, value.shape, known.Shape); }
        group.Scatter(known, kind, value);
    }

    public void Dispose() => _groups.ForEach(static group => group.Dispose());

    double Norm()
    {
        var squares = tensor([_groups.Sum(static group => group.Squares())]);
        if (_options.IsDistributed) { _place.DataGroup.all_reduce(squares); }
        _place.TensorGroup.all_reduce(squares);
        return Math.Sqrt(squares.item<double>());
    }

    void Take(FlatGroup group, FlatRange range, double rate, double decay, double scale)
    {
        var offset = (nint)(range.First * sizeof(float));
        if (_options.Kind == OptimizerKind.Adam)
        {
            StepKernel.Adam(AdamStep.Of(_options, Step, rate, decay, scale), group.Master + offset, group.Gradients + offset,
                group.State(OptimizerKinds.Mean) + offset, group.State(OptimizerKinds.Variance) + offset, range.Count);
            return;
        }
        StepKernel.Descend(new SgdStep((float)rate, (float)decay, (float)_options.Momentum, (float)scale), group.Master + offset, group.Gradients + offset,
            group.State(OptimizerKinds.Momentum) + offset, range.Count);
    }

    (FlatGroup Group, Parameter Parameter) Find(string parameter, string kind)
    {
        if (!_parameters.TryGetValue(parameter, out var found) || (kind != OptimizerKinds.Value && !_kinds.Contains(kind))) { Throw.Unknown(parameter, kind); }
        return found;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Unknown(string parameter, string kind) => throw new ArgumentException($"the optimizer has no {kind} of {parameter}");

        [DoesNotReturn]
        internal static void Shape(string parameter, string kind, IReadOnlyList<long> found, IReadOnlyList<long> needed) =>
            throw new ArgumentException($"{kind} of {parameter} has shape [{string.Join(", ", found)}]; this rank's is [{string.Join(", ", needed)}]");
    }
}
