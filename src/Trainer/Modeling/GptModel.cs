using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Inference.Descriptions;
using Ckpt.Torch;
using Ckpt.Trainer.Adapting;
using Ckpt.Trainer.Modeling.Functions;
using Ckpt.Trainer.Modeling.Kernels;
using Ckpt.Trainer.Modeling.Layers;
using Ckpt.Trainer.Parallel;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling;

/// <summary>One rank's part of a decoder model that is trained; every rank of a tensor-parallel group makes the same calls in the same order.</summary>
public sealed class GptModel : IDisposable
{
    readonly ForwardModel _description;
    readonly ParallelPlace _place;
    readonly ModelOptions _options;
    readonly TensorRegions _regions;
    readonly RandomStreams _random;
    readonly ExpertBalance _balance;
    readonly PassCache _cache = new();
    readonly List<Parameter> _parameters;
    readonly EmbeddingLayer _embedding;
    readonly DecoderLayer[] _layers;
    readonly NormLayer _finalNorm;
    readonly HeadLayer _head;

    GptModel(ForwardModel description, ParallelPlace place, ModelOptions options, ParameterFactory factory)
    {
        (_description, _place, _options, _parameters) = (description, place, options, factory.Made);
        _regions = new TensorRegions(place);
        _random = new RandomStreams(place.TensorParallel, place.TensorRank, options.Lora?.Seed ?? options.Initialisation?.Seed ?? 42);
        _balance = new ExpertBalance(options.AuxiliaryLoss, options.RouterLogitLoss);
        var builder = new ModelBuilder(description, factory);
        _embedding = builder.Embedding();
        _layers = [.. Enumerable.Range(0, description.LayerCount).Select(builder.Layer)];
        _finalNorm = builder.FinalNorm();
        _head = builder.Head();
    }

    /// <summary>A model of a description, with the values that the source has for this rank.</summary>
    /// <param name="description">The layers.</param>
    /// <param name="place">This process's place.</param>
    /// <param name="options">How it is held and trained.</param>
    /// <param name="source">Asked once for each parameter.</param>
    /// <exception cref="CheckpointException">A model that is not trained, a layout that cannot be made, or values that lack or do not fit.</exception>
    public static GptModel Create(ForwardModel description, ParallelPlace place, ModelOptions options, IParameterSource source)
    {
        if (options.Type is not (ScalarType.Float32 or ScalarType.BFloat16)) { Throw.Type(description.Where, options.Type); }
        var factory = new ParameterFactory(description.Where, place, options, source, description.LayerCount);
        try
        {
            using var off = no_grad();
            KernelRows.Threads = get_num_threads();
            var model = new GptModel(description, place, options, factory);
            model.ChooseTrained();
            return model;
        }
        catch
        {
            factory.Made.ForEach(static parameter => parameter.Dispose());
            throw;
        }
    }

    /// <summary>All parameters, adapters' too, in the model's order.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>Whether dropout is applied and balancing losses are added.</summary>
    public bool IsTraining { get; set; } = true;

    /// <summary>What balancing losses are multiplied by where they meet the main loss: a micro batch's part of the step, 1 / micro batches or its part of all tokens.</summary>
    public double BalancingScale
    {
        get => _balance.Scale;
        set => _balance.Scale = value;
    }

    /// <summary>The streams that dropout draws from.</summary>
    public RandomStreams Random => _random;

    /// <summary>Values of the balancing losses since they were last taken, summed over layers and calls, without their weights.</summary>
    public (double Auxiliary, double RouterLogits) TakeBalancingLosses() => _balance.Take();

    /// <summary>The loss of every token, in float32; 0 where the label is negative. Labels stand where their logits are: already moved by one.</summary>
    /// <param name="tokens">int64 [batch, length].</param>
    /// <param name="labels">int64 [batch, length]; −100: none.</param>
    /// <param name="positionIds">int64 [batch, length]; null: counted in each sequence.</param>
    /// <param name="lossScale">float32 [batch, length] that losses are multiplied by.</param>
    /// <param name="packs">Sequences that are packed together, and do not see each other.</param>
    public Tensor Loss(Tensor tokens, Tensor labels, Tensor? positionIds = null, Tensor? lossScale = null, CuSeqlens? packs = null)
    {
        using var scope = NewDisposeScope();
        var pass = Pass(tokens, positionIds, packs);
        var loss = _head.Loss(pass, Hidden(pass, tokens), labels.ToArray<long>()).view(pass.Batch, pass.Length);
        if (lossScale is not null) { loss = loss.mul(lossScale); }
        return loss.MoveToOuterDisposeScope();
    }

    /// <summary>The logits of every token, all ranks' together: [batch, length, vocabulary], in the model's type.</summary>
    public Tensor Logits(Tensor tokens, Tensor? positionIds = null, CuSeqlens? packs = null)
    {
        using var scope = NewDisposeScope();
        var pass = Pass(tokens, positionIds, packs);
        return _head.Logits(pass, Hidden(pass, tokens)).reshape(pass.Batch, pass.Length, -1).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Moves the biases that balance experts by how many tokens went where since the last call: up where there were fewer than the mean.
    /// Source: Megatron-core `get_updated_expert_bias`. Collective over the data group.
    /// </summary>
    public void UpdateExpertBiases(double rate)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        foreach (var layer in _layers)
        {
            if (layer.Experts?.Router is not { BalancingBias: { } bias } router) { continue; }
            var counts = tensor(router.TakeCounts());
            _place.DataGroup.all_reduce(counts, Torch.Distributed.ReduceOp.SUM);
            bias.Value.add_((counts.mean() - counts).sign(), rate);
        }
    }

    public void Dispose()
    {
        foreach (var parameter in _parameters) { parameter.Dispose(); }
        _random.Dispose();
        _cache.Dispose();
    }

    Tensor Hidden(Pass pass, Tensor tokens)
    {
        var rows = _embedding.Forward(pass, tokens);
        var recompute = is_grad_enabled() && _options.Recompute.Granularity == RecomputeGranularity.Full ? _options.Recompute : null;
        // A part that is recomputed gives its parameters gradients only where its input asks for one.
        if (recompute is not null && !rows.requires_grad) { rows = rows.detach().requires_grad_(); }
        var together = recompute?.Method == RecomputeMethod.Uniform ? Math.Max(1, recompute.Layers) : 1;
        for (var first = 0; first < _layers.Length; first += together)
        {
            var (begin, end) = (first, Math.Min(first + together, _layers.Length));
            var isAgain = recompute is not null && (recompute.Method == RecomputeMethod.Uniform || begin < recompute.Layers);
            rows = isAgain ? CheckpointFunction.Run(pass, inputs => Run(pass, begin, end, inputs[0]), rows) : Run(pass, begin, end, rows);
        }
        return _finalNorm.Forward(rows);
    }

    Tensor Run(Pass pass, int begin, int end, Tensor rows)
    {
        for (var layer = begin; layer < end; layer++)
        {
            using var scope = NewDisposeScope();
            rows = _layers[layer].Forward(pass, rows).MoveToOuterDisposeScope();
        }
        return rows;
    }

    Pass Pass(Tensor tokens, Tensor? positionIds, CuSeqlens? packs)
    {
        var (batch, length) = (tokens.size(0), tokens.size(1));
        if (_regions.IsSequenceParallel && batch * length % _regions.Size != 0) { Throw.Rows(batch * length, _regions.Size); }
        return new Pass(_cache, _regions, _balance, _random)
        {
            Batch = batch,
            Length = length,
            Positions = positionIds?.ToArray<long>(),
            Segments = packs is null ? null : PackPlan.Segments(packs, batch, length),
            IsTraining = IsTraining,
            UsesRandom = IsTraining && (_options.AttentionDropout > 0 || _options.HiddenDropout > 0 || _options.Lora is { Dropout: > 0 }),
            Where = _description.Where,
        };
    }

    void ChooseTrained()
    {
        var lora = _options.Lora;
        var trained = lora is null
            ? FreezePlan.Trained(_options.Freeze, [.. _parameters.Where(static parameter => !parameter.IsBuffer).Select(static parameter => (parameter.Name, parameter.Count))])
            : null;
        foreach (var parameter in _parameters)
        {
            parameter.IsSavedModule = lora is not null && !parameter.IsAdapter && LoraTargets.IsSaved(lora, Module(parameter.Name));
            parameter.Trainable = !parameter.IsBuffer && (trained?.Contains(parameter.Name) ?? (parameter.IsAdapter || parameter.IsSavedModule));
            parameter.Value.requires_grad_(parameter.Trainable);
        }
    }

    static string Module(string name) => name[..name.LastIndexOf('.')];

    static class Throw
    {
        [DoesNotReturn]
        internal static void Type(string where, ScalarType type) => throw new UnsupportedCheckpointException("MOD-1.6", where, $"models are trained in Float32 or BFloat16, not in {type}");

        [DoesNotReturn]
        internal static void Rows(long rows, int ranks) => throw new ArgumentException($"a batch of {rows} tokens cannot be shared by {ranks} sequence-parallel ranks; pad it to a multiple");
    }
}
