using Ckpt.Torch;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Functions;

/// <summary>
/// Random numbers: LibTorch's own stream, which tensor-parallel ranks have alike, and one that is each rank's own, for what ranks hold parts
/// of. Source: Megatron-core `tensor_parallel/random.py`, whose second stream is seeded 2718 and the rank further.
/// </summary>
public sealed class RandomStreams : IDisposable
{
    const long Apart = 2718;

    readonly bool _areTwo;
    Tensor? _own;

    internal RandomStreams(int ranks, int rank, long seed)
    {
        _areTwo = ranks > 1;
        if (!_areTwo) { return; }
        using var common = get_rng_state();
        manual_seed(seed + Apart + rank);
        _own = get_rng_state().DetachFromDisposeScope();
        set_rng_state(common);
    }

    /// <summary>The state of this rank's own stream, as LibTorch gives it; null where there is but one stream. Setting it takes the tensor over.</summary>
    public Tensor? Own
    {
        get => _own;
        set
        {
            _own?.Dispose();
            _own = value?.DetachFromDisposeScope();
        }
    }

    /// <summary>Runs with this rank's own stream.</summary>
    internal Tensor OnOwn(Func<Tensor> body)
    {
        if (!_areTwo) { return body(); }
        using var common = get_rng_state();
        set_rng_state(_own!);
        var result = body();
        Own = get_rng_state();
        set_rng_state(common);
        return result;
    }

    internal KeptRandom Keep() => new(get_rng_state().DetachFromDisposeScope(), _own?.clone().DetachFromDisposeScope());

    internal void Restore(KeptRandom kept)
    {
        set_rng_state(kept.Common);
        if (_areTwo) { Own = kept.Own!.clone(); }
    }

    public void Dispose() => _own?.Dispose();
}
