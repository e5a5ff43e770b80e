using Ckpt.Torch;
using Ckpt.Trainer.Modeling;
using Ckpt.Trainer.Parallel;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Optimizing;

/// <summary>
/// The trainable parameters of one type: their values, and float32 gradients, each in one buffer that they are views of; and this rank's shard
/// of values in float32 and of the optimizer's states.
/// </summary>
sealed class FlatGroup : IDisposable
{
    readonly ParallelPlace _place;
    readonly Tensor _values;
    readonly Tensor _gradients;
    readonly Tensor _master;
    readonly Dictionary<string, Tensor> _states = new(StringComparer.Ordinal);
    readonly Dictionary<string, Tensor> _views = new(StringComparer.Ordinal);
    readonly int _shard;
    readonly bool _isSingle;

    internal FlatGroup(IReadOnlyList<Parameter> parameters, ParallelPlace place, bool isDistributed, IEnumerable<string> states)
    {
        (Parameters, _place) = (parameters, place);
        var type = parameters[0].Value.dtype;
        _isSingle = type == ScalarType.Float32;
        _shard = isDistributed ? place.DataRank : 0;
        Layout = new FlatLayout([.. parameters.Select(parameter => new FlatItem(parameter.Name, parameter.Count, Decays(parameter), Sharing(parameter, place)))], isDistributed ? place.DataParallel : 1);
        using var scope = NewDisposeScope();
        using var off = no_grad();
        _values = zeros([Layout.Count], type).DetachFromDisposeScope();
        _gradients = zeros([Layout.Count], ScalarType.Float32).DetachFromDisposeScope();
        foreach (var parameter in parameters) { Move(parameter); }
        var shard = _values.narrow(0, _shard * Layout.ShardCount, Layout.ShardCount);
        _master = (_isSingle ? shard : shard.to(ScalarType.Float32)).DetachFromDisposeScope();
        foreach (var state in states) { _states.Add(state, zeros([Layout.ShardCount], ScalarType.Float32).DetachFromDisposeScope()); }
    }

    internal IReadOnlyList<Parameter> Parameters { get; }

    internal FlatLayout Layout { get; }

    /// <summary>Where this rank's shard of values in float32 begins.</summary>
    internal nint Master => _master.data_ptr();

    /// <summary>Where this rank's shard of gradients begins.</summary>
    internal nint Gradients => _gradients.data_ptr() + (nint)(_shard * Layout.ShardCount * sizeof(float));

    internal nint State(string kind) => _states[kind].data_ptr();

    /// <summary>The ranges of this rank's shard.</summary>
    internal IEnumerable<FlatRange> Ranges => Layout.Ranges.Select(range =>
    {
        var (first, count) = Layout.In(_shard, range.First, range.Count);
        return range with { First = first, Count = count };
    }).Where(static range => range.Count > 0);

    /// <summary>Adds what backward left with the parameters to the float32 gradients. Those of float32 parameters are there already.</summary>
    internal void Accumulate()
    {
        if (_isSingle) { return; }
        foreach (var parameter in Parameters)
        {
            if (parameter.Value.grad is not { } gradient) { continue; }
            _views[parameter.Name].add_(gradient);
            gradient.Dispose();
            parameter.Value.grad = null;
        }
    }

    /// <summary>Makes gradients those of all ranks: parts of tensor-parallel ranks are added, and what ranks with data of their own have is summed or averaged.</summary>
    internal void Reduce(GradientReduction reduction)
    {
        if (_place.TensorParallel > 1)
        {
            foreach (var range in Layout.Ranges.Where(static range => range.Sharing == FlatSharing.SameInParts)) { _place.TensorGroup.all_reduce(_gradients.narrow(0, range.First, range.Count)); }
        }
        if (_place.DataParallel == 1) { return; }
        _place.DataGroup.all_reduce(_gradients);
        if (reduction == GradientReduction.Mean) { _gradients.mul_(1.0 / _place.DataParallel); }
    }

    /// <summary>The sum of squares of this rank's part of the gradients; what tensor-parallel ranks have alike counts on the first of them.</summary>
    internal double Squares() => Ranges.Where(range => range.Sharing == FlatSharing.Own || _place.TensorRank == 0)
        .Sum(range => StepKernel.Squares(Gradients + (nint)(range.First * sizeof(float)), range.Count));

    /// <summary>Gives parameters what the shards of all ranks have become.</summary>
    internal void Publish()
    {
        if (Layout.Shards == 1)
        {
            if (!_isSingle) { _values.copy_(_master); }
            return;
        }
        var mine = _values.narrow(0, _shard * Layout.ShardCount, Layout.ShardCount);
        _place.DataGroup.all_gather_into_tensor(_values, _isSingle ? mine.clone() : _master.to(_values.dtype));
    }

    internal void Clear() => _gradients.zero_();

    /// <summary>A parameter's values or states in float32: those of all shards together.</summary>
    internal Tensor Gather(Parameter parameter, string kind)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var (first, count) = Layout.Place(parameter.Name);
        var whole = zeros([count], ScalarType.Float32);
        var (from, here) = Layout.In(_shard, first, count);
        if (here > 0) { whole.narrow(0, (_shard * Layout.ShardCount) + from - first, here).copy_(Shard(kind).narrow(0, from, here)); }
        if (Layout.Shards > 1) { _place.DataGroup.all_reduce(whole); }
        return whole.view([.. parameter.Shape]).MoveToOuterDisposeScope();
    }

    internal void Scatter(Parameter parameter, string kind, Tensor value)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var (first, count) = Layout.Place(parameter.Name);
        var whole = value.reshape(count);
        var (from, here) = Layout.In(_shard, first, count);
        if (here > 0) { Shard(kind).narrow(0, from, here).copy_(whole.narrow(0, (_shard * Layout.ShardCount) + from - first, here)); }
        if (kind == OptimizerKinds.Value) { _values.narrow(0, first, count).copy_(whole); }
    }

    public void Dispose()
    {
        foreach (var tensor in _states.Values.Concat(_views.Values)) { tensor.Dispose(); }
        _master.Dispose();
        _gradients.Dispose();
        _values.Dispose();
    }

    Tensor Shard(string kind) => kind == OptimizerKinds.Value ? _master : _states[kind];

    // The parameter becomes a view of the buffer, and its gradient one of the other: float32 gradients are added up where they are needed.
    void Move(Parameter parameter)
    {
        var (first, count) = Layout.Place(parameter.Name);
        long[] shape = [.. parameter.Shape];
        var view = _values.narrow(0, first, count).view(shape).copy_(parameter.Value).detach().DetachFromDisposeScope();
        var gradient = _gradients.narrow(0, first, count).view(shape).detach().DetachFromDisposeScope();
        parameter.Value.Dispose();
        parameter.Value = view.requires_grad_();
        if (_isSingle) { view.grad = gradient; }
        _views.Add(parameter.Name, gradient);
    }

    // Megatron: vectors and biases do not decay.
    static bool Decays(Parameter parameter) => parameter.Shape.Count > 1 && !parameter.Name.EndsWith(".bias", StringComparison.Ordinal);

    static FlatSharing Sharing(Parameter parameter, ParallelPlace place) =>
        place.TensorParallel == 1 || parameter.Axis is not null ? FlatSharing.Own : parameter.IsPartial ? FlatSharing.SameInParts : FlatSharing.Same;
}
