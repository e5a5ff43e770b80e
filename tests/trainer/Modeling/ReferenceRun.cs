using Ckpt.Formats.Tensors;
using Ckpt.Inference.Weights;
using Ckpt.Kit;
using Ckpt.Models.Opening;
using Ckpt.Torch;
using Ckpt.Trainer.Adapting;
using Ckpt.Trainer.Modeling;
using Ckpt.Trainer.Optimizing;
using Ckpt.Trainer.Parallel;
using static Ckpt.Torch.torch;

namespace Ckpt.TrainerTests.Modeling;

/// <summary>The reference loop of <c>spec/vectors/training/makers/make_training.py</c>, on one rank.</summary>
sealed class ReferenceRun : IDisposable
{
    const int Length = 48;
    const int Batch = 4;
    const int Micro = 2;

    static readonly Lazy<(long[] Ids, long[] Labels)> s_data = new(static () =>
    {
        var path = Repository.Vector("training", "lm_data.safetensors");
        return (TinyModel.Values<long>(path, "input_ids"), TinyModel.Values<long>(path, "labels"));
    });

    readonly TinyModel _tiny;
    readonly ParallelPlace _place;

    internal ReferenceRun(string model, string mode, ModelOptions options, ParallelPlace? place = null, OptimizerOptions? optimizer = null)
    {
        _place = place ?? ParallelPlace.Alone;
        _tiny = new TinyModel("hf", model);
        IParameterSource source = new HfParameters(_tiny.Checkpoint, _place.TensorRank);
        if (mode != "full")
        {
            var weights = new CheckpointWeights(ModelFormats.Open(Repository.Vector("training", $"init-{model}-{mode}.safetensors")));
            source = new PeftParameters(weights, source, _place.TensorRank);
            options = options with { Lora = (options.Lora ?? new LoraOptions { Dropout = 0 }) with { Modules = PeftParameters.Modules(model, mode == "lora_attn", _tiny.Description.LayerCount) } };
        }
        Model = GptModel.Create(_tiny.Description, _place, options, source);
        Optimizer = new TrainOptimizer(Model, _place, optimizer ?? new OptimizerOptions());
    }

    internal GptModel Model { get; }

    internal TrainOptimizer Optimizer { get; }

    /// <summary>Losses and norms of steps.</summary>
    internal Curve Train(int steps, int first = 0)
    {
        var (losses, norms) = (new double[steps], new double[steps]);
        for (var step = 0; step < steps; step++) { (losses[step], norms[step]) = Step(first + step); }
        return new Curve(losses, norms);
    }

    /// <summary>What a parameter is in the end of the reference's run; null where that is not kept.</summary>
    internal static float[]? Final(string model, string mode, string name)
    {
        using var reader = ModelFormats.Open(Repository.Vector("training", $"final-{model}-{mode}.safetensors"));
        var weights = new CheckpointWeights(reader);
        var (key, expert) = name.Contains(".lora_", StringComparison.Ordinal) ? PeftParameters.Key(name) : (name, null);
        if (weights.ShapeOf(key) is not { } shape) { return null; }
        var values = new float[shape.Count];
        weights.Read(key, Box.Whole(shape), values);
        if (expert is not { } index) { return values; }
        // The experts' B has ranks by experts as columns.
        long rank = key.Contains("base_layer", StringComparison.Ordinal) ? 16 : 8;
        return PeftParameters.OfExpert(tensor(values, shape.Dims.ToArray()), index, [shape[0], rank], isA: false).contiguous().ToArray<float>();
    }

    (double Loss, double Norm) Step(int step)
    {
        using var scope = NewDisposeScope();
        var rows = Enumerable.Range(Batch * step, Batch).ToArray();
        var count = rows.Sum(row => Labels(row).Count(static label => label >= 0));
        var total = 0.0;
        var micros = Batch / Micro;
        // Micro batches go to data ranks by turns.
        for (var micro = _place.DataRank; micro < micros; micro += _place.DataParallel)
        {
            var mine = rows[(micro * Micro)..((micro + 1) * Micro)];
            var tokens = tensor(mine.SelectMany(row => s_data.Value.Ids[(row * Length)..((row + 1) * Length)]).ToArray(), [Micro, Length]);
            var labels = tensor(mine.SelectMany(Labels).ToArray(), [Micro, Length]);
            var loss = Model.Loss(tokens, labels).sum();
            total += loss.item<double>();
            loss.div(count).backward();
            Optimizer.AccumulateGradients();
        }
        var sum = tensor([total]);
        _place.DataGroup.all_reduce(sum);
        return (sum.item<double>() / count, Optimizer.Update(Rate(Batch * step), 0.1));
    }

    // Moved by one: what a position predicts stands where it is.
    static long[] Labels(int row) => [.. s_data.Value.Labels[((row * Length) + 1)..((row + 1) * Length)], -100];

    static double Rate(int samples)
    {
        const double most = 1e-3, least = 1e-4;
        const int warm = 3 * Batch, decay = 30 * Batch;
        if (samples <= warm) { return most * samples / warm; }
        return least + (0.5 * (Math.Cos(Math.PI * (samples - warm) / (decay - warm)) + 1) * (most - least));
    }

    public void Dispose()
    {
        Optimizer.Dispose();
        Model.Dispose();
        _tiny.Dispose();
    }
}
