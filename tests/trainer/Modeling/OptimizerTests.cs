using Ckpt.Kit;
using Ckpt.Torch;
using Ckpt.Trainer.Modeling;
using Ckpt.Trainer.Optimizing;
using Xunit;
using static Ckpt.Torch.torch;

namespace Ckpt.TrainerTests.Modeling;

/// <summary>Steps of optimizers, and what they keep.</summary>
[Collection(OneAtATime.Name)]
public sealed class OptimizerTests
{
    [TorchTheory]
    [InlineData(OptimizerKind.Adam)]
    [InlineData(OptimizerKind.Sgd)]
    [Clause("MOD-4.6")]
    public void StepsAreTorchs(OptimizerKind kind)
    {
        using var scope = NewDisposeScope();
        using var run = new ReferenceRun("qwen3", "full", new ModelOptions(), null, new OptimizerOptions { Kind = kind, ClipGradient = 0.5 });
        var parameters = run.Model.Parameters.ToDictionary(static parameter => parameter.Name, static parameter => parameter.Value.detach().clone());
        var (means, squares) = (parameters.ToDictionary(static pair => pair.Key, static pair => zeros_like(pair.Value)), parameters.ToDictionary(static pair => pair.Key, static pair => zeros_like(pair.Value)));
        manual_seed(21);
        for (var step = 1; step <= 3; step++)
        {
            using var inner = NewDisposeScope();
            var gradients = run.Model.Parameters.ToDictionary(static parameter => parameter.Name, static parameter => randn([.. parameter.Shape]));
            foreach (var parameter in run.Model.Parameters) { parameter.Value.grad!.copy_(gradients[parameter.Name]); }
            var norm = Math.Sqrt(gradients.Values.Sum(static gradient => gradient.to(ScalarType.Float64).square().sum().item<double>()));
            Assert.Equal(norm, run.Optimizer.Update(0.01, 0.1), norm * 1e-6);
            foreach (var (name, value) in parameters)
            {
                var given = gradients[name].mul(0.5 / (norm + 1e-6));
                var decay = value.ndim > 1 ? 0.1 : 0;
                if (kind == OptimizerKind.Sgd)
                {
                    means[name].mul_(0.9).add_(given.add(value, decay));
                    value.add_(means[name], -0.01);
                    continue;
                }
                value.mul_(1 - (0.01 * decay));
                means[name].lerp_(given, 0.1);
                squares[name].mul_(0.95).addcmul_(given, given, 0.05);
                var root = squares[name].sqrt().div(Math.Sqrt(1 - Math.Pow(0.95, step))).add(1e-8);
                value.addcdiv_(means[name], root, -0.01 / (1 - Math.Pow(0.9, step)));
            }
        }
        foreach (var parameter in run.Model.Parameters) { Assert.Equal(0, (parameters[parameter.Name] - parameter.Value).abs().max().item<double>(), 2e-6); }
    }

    [TorchFact]
    [Clause("MOD-4.4")]
    public void ANormThatIsNoNumberChangesNothing()
    {
        using var scope = NewDisposeScope();
        using var run = new ReferenceRun("qwen3", "full", new ModelOptions());
        run.Train(1, 3);
        var before = State(run.Optimizer);
        run.Model.Parameters[3].Value.grad!.fill_(double.NaN);
        Assert.True(double.IsNaN(run.Optimizer.Update(0.1, 0.1)));
        Assert.Equal(1, run.Optimizer.Step);
        Assert.Equal(before, State(run.Optimizer));
        // Nothing of it is left for the next step.
        Assert.True(double.IsFinite(run.Train(1, 4).Norms[0]));
    }

    [TorchTheory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    [Clause("MOD-4.5")]
    public void ARunGoesOnUnderAnotherLayout(ScalarType type)
    {
        const int all = 6, half = 3;
        var options = new ModelOptions { Type = type };
        Curve whole;
        using (var run = new ReferenceRun("qwen3_moe", "full", options))
        {
            whole = run.Train(all);
        }
        var states = RankThreads.Run(1, 2, false, place =>
        {
            using var run = new ReferenceRun("qwen3_moe", "full", options, place);
            run.Train(half);
            return State(run.Optimizer);
        });
        Assert.Equal(states[0], states[1]);
        using (var run = new ReferenceRun("qwen3_moe", "full", options))
        {
            using var scope = NewDisposeScope();
            var shapes = run.Model.Parameters.ToDictionary(static parameter => parameter.Name, static parameter => parameter.Shape.ToArray());
            foreach (var ((name, kind), values) in states[0]) { run.Optimizer.Scatter(name, kind, tensor(values, shapes[name])); }
            run.Optimizer.Step = half;
            var rest = run.Train(all - half, half);
            var bound = type == ScalarType.Float32 ? 1e-5 : 1e-2;
            for (var step = half; step < all; step++) { Assert.Equal(whole.Losses[step], rest.Losses[step - half], bound); }
        }
    }

    static Dictionary<(string, string), float[]> State(TrainOptimizer optimizer) => optimizer.Entries.ToDictionary(static entry => entry, entry =>
    {
        using var values = optimizer.Gather(entry.Parameter, entry.Kind);
        return values.ToArray<float>();
    });
}
