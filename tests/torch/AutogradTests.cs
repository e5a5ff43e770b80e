using Ckpt.Torch;
using Xunit;
using static Ckpt.Torch.torch;

namespace Ckpt.TorchTests;

[NoLeaks]
public sealed class AutogradTests
{
    [TorchFact]
    public void BackwardAddsUp()
    {
        using var scope = NewDisposeScope();
        var x = tensor([1f, 2, 3]).requires_grad_();
        Assert.Null(x.grad);
        (x * x).sum().backward();
        Assert.Equal([2f, 4, 6], x.grad!.ToArray<float>());
        (x * 10).sum().backward();
        Assert.Equal([12f, 14, 16], x.grad!.ToArray<float>());
        x.grad = null;
        Assert.Null(x.grad);
    }

    [TorchFact]
    public void NothingIsRecordedUnderNoGrad()
    {
        using var scope = NewDisposeScope();
        var x = tensor([1f, 2]).requires_grad_();
        using (no_grad())
        {
            Assert.False((x * 2).requires_grad);
            using (enable_grad()) { Assert.True((x * 2).requires_grad); }
            Assert.False(is_grad_enabled());
        }
        Assert.True((x * 2).requires_grad);
    }

    [TorchFact]
    public void GradLeavesTheLeavesAlone()
    {
        using var scope = NewDisposeScope();
        var x = tensor([3f]).requires_grad_();
        var y = (x * x * x).sum();
        var first = autograd.grad([y], [x], create_graph: true)[0]!;
        var second = autograd.grad([first.sum()], [x])[0]!;
        Assert.Equal(27f, first.item<float>());
        Assert.Equal(18f, second.item<float>());
        Assert.Null(x.grad);
    }

    [TorchFact]
    public void AFunctionsBackwardIsItsOwn()
    {
        using var scope = NewDisposeScope();
        var x = tensor([1f, 2]).requires_grad_();
        var y = tensor([5f, 7]).requires_grad_();
        var z = autograd.Apply(new ScaledProduct(), x, y)[0];
        Assert.Equal([5f, 14], z.ToArray<float>());
        (z * 2).sum().backward();
        // Ten times what the product's derivative is: the function says so.
        Assert.Equal([100f, 140], x.grad!.ToArray<float>());
        Assert.Equal([20f, 40], y.grad!.ToArray<float>());
    }

    [TorchFact]
    public void AnIdentityMayGiveItsInputBack()
    {
        using var scope = NewDisposeScope();
        var x = tensor([1f, 2]).requires_grad_();
        var w = x * 1;
        var y = autograd.Apply(new Negated(), w)[0];
        Assert.False(y.is_same(w));
        Assert.Equal(w.data_ptr(), y.data_ptr());
        (y + w).sum().backward();
        Assert.Equal([0f, 0], x.grad!.ToArray<float>());
    }

    [TorchFact]
    public void WhatBackwardThrowsComesOutOfTheCall()
    {
        using var scope = NewDisposeScope();
        var x = tensor([1f, 2]).requires_grad_();
        var y = autograd.Apply(new Failing(), x)[0].sum();
        var error = Assert.Throws<NotSupportedException>(() => y.backward());
        Assert.Equal("on purpose", error.Message);
    }

    [TorchFact]
    public void RecomputationGivesTheSameGradients()
    {
        using var scope = NewDisposeScope();
        var weight = tensor([2f, 3]).requires_grad_();
        var x = tensor([1f, 4]).requires_grad_();
        var y = autograd.Apply(new Recomputed(t => (t * weight).exp()), x)[0];
        y.sum().backward();
        Assert.Equal([2 * MathF.Exp(2), 3 * MathF.Exp(12)], x.grad!.ToArray<float>());
        Assert.Equal([MathF.Exp(2), 4 * MathF.Exp(12)], weight.grad!.ToArray<float>());
    }

    [TorchFact]
    public void SavedTensorsGoWithTheGraph()
    {
        var before = Tensor.LiveCount;
        using (NewDisposeScope())
        {
            var x = tensor([1f, 2]).requires_grad_();
            _ = autograd.Apply(new Recomputed(t => t.exp()), x)[0];
        }
        Assert.Equal(before, Tensor.LiveCount);
    }

    [TorchFact]
    public void AKeptResultIsNoCycle()
    {
        var before = Tensor.LiveCount;
        using (NewDisposeScope())
        {
            var x = tensor([1f, 2]).requires_grad_();
            var y = autograd.Apply(new Exponential(), x)[0];
            y.sum().backward();
            Assert.Equal(y.ToArray<float>(), x.grad!.ToArray<float>());
            _ = autograd.Apply(new Exponential(), x)[0];
        }
        Assert.Equal(before, Tensor.LiveCount);
    }

    [TorchFact]
    public void ABackwardThatDoesNotFitIsRefused()
    {
        using var scope = NewDisposeScope();
        var x = tensor([1f, 2]).requires_grad_();
        var count = autograd.Apply(new Given(_ => []), x)[0].sum();
        Assert.Throws<InvalidOperationException>(() => count.backward());
        var shape = autograd.Apply(new Given(_ => [zeros([5])]), x)[0].sum();
        Assert.Throws<TorchException>(() => shape.backward());
        var none = autograd.Apply(new Given(_ => [null]), x)[0].sum();
        none.backward();
        Assert.Null(x.grad);
    }

    [TorchFact]
    public void AGraphIsWalkedOnceUnlessItIsKept()
    {
        using var scope = NewDisposeScope();
        var x = tensor([1f, 2]).requires_grad_();
        var y = autograd.Apply(new Exponential(), x)[0].sum();
        y.backward(retain_graph: true);
        y.backward();
        Assert.Throws<TorchException>(() => y.backward());
    }

    [TorchFact]
    public void ResultsThatWereNotUsedHaveNoGradient()
    {
        using var scope = NewDisposeScope();
        var x = tensor([1f, 2]).requires_grad_();
        Tensor?[]? seen = null;
        var results = autograd.Apply(new Several(g =>
        {
            seen = Array.ConvertAll(g, t => t?.clone());
            return [g[1]];
        }), x);
        Assert.False(results[2].requires_grad);
        results[1].sum().backward();
        Assert.Equal([true, false, true], seen!.Select(g => g is null));
        Assert.Equal([1f, 1], x.grad!.ToArray<float>());
    }

    [TorchFact]
    public void AFunctionWithoutGradientsKeepsNothing()
    {
        using var scope = NewDisposeScope();
        var x = tensor([1f, 2]);
        var before = Tensor.LiveCount;
        using (var y = autograd.Apply(new Exponential(), x)[0]) { Assert.False(y.requires_grad); }
        Assert.Equal(before, Tensor.LiveCount);
        Assert.Throws<TorchException>(() => autograd.Apply(new Given(_ => [], () => throw new TorchException("in forward")), x));
        Assert.Equal(before, Tensor.LiveCount);
    }

    [TorchFact]
    public void BackwardIsRunByTheThreadThatAsks()
    {
        var failures = 0;
        var threads = Enumerable.Range(1, 4).Select(n => new Thread(() =>
        {
            for (var i = 0; i < 50; i++)
            {
                using var scope = NewDisposeScope();
                var x = full([3], (float)n).requires_grad_();
                autograd.Apply(new Exponential(), x * 0)[0].sum().backward();
                var y = autograd.Apply(new ScaledProduct(), x, x)[0].sum();
                x.grad = null;
                y.backward();
                if (x.grad!.ToArray<float>() is not [var a, _, _] || a != 20 * n) { Interlocked.Increment(ref failures); }
            }
        })).ToArray();
        foreach (var thread in threads) { thread.Start(); }
        foreach (var thread in threads) { thread.Join(); }
        Assert.Equal(0, failures);
    }

    sealed class Given(Func<Tensor?[], Tensor?[]> backward, Action? forward = null) : IAutogradFunction
    {
        public Tensor[] Forward(AutogradContext context, Tensor[] inputs)
        {
            context.Save(inputs);
            forward?.Invoke();
            return [inputs[0] * 2];
        }

        public Tensor?[] Backward(AutogradContext context, Tensor?[] gradients) => backward(gradients);
    }

    sealed class Several(Func<Tensor?[], Tensor?[]> backward) : IAutogradFunction
    {
        public Tensor[] Forward(AutogradContext context, Tensor[] inputs) => [inputs[0] * 2, inputs[0] * 1, inputs[0].to(ScalarType.Int64)];

        public Tensor?[] Backward(AutogradContext context, Tensor?[] gradients) => backward(gradients);
    }

    sealed class ScaledProduct : IAutogradFunction
    {
        public Tensor[] Forward(AutogradContext context, Tensor[] inputs)
        {
            context.Save(inputs);
            return [inputs[0] * inputs[1]];
        }

        public Tensor?[] Backward(AutogradContext context, Tensor?[] gradients)
            => [gradients[0]! * context.Saved[1]! * 10, gradients[0]! * context.Saved[0]! * 10];
    }

    sealed class Exponential : IAutogradFunction
    {
        public Tensor[] Forward(AutogradContext context, Tensor[] inputs)
        {
            var result = inputs[0].exp();
            context.Save(result);
            return [result];
        }

        public Tensor?[] Backward(AutogradContext context, Tensor?[] gradients) => [gradients[0]! * context.Saved[0]!];
    }

    sealed class Negated : IAutogradFunction
    {
        public Tensor[] Forward(AutogradContext context, Tensor[] inputs) => inputs;

        public Tensor?[] Backward(AutogradContext context, Tensor?[] gradients) => [-gradients[0]!];
    }

    sealed class Failing : IAutogradFunction
    {
        public Tensor[] Forward(AutogradContext context, Tensor[] inputs) => [inputs[0] * 2];

        public Tensor?[] Backward(AutogradContext context, Tensor?[] gradients) => throw new NotSupportedException("on purpose");
    }

    sealed class Recomputed(Func<Tensor, Tensor> body) : IAutogradFunction
    {
        public Tensor[] Forward(AutogradContext context, Tensor[] inputs)
        {
            context.Save(inputs);
            return [body(inputs[0])];
        }

        public Tensor?[] Backward(AutogradContext context, Tensor?[] gradients)
        {
            using var recorded = enable_grad();
            var input = context.Saved[0]!.detach().requires_grad_();
            var output = body(input);
            autograd.backward([output], [gradients[0]!]);
            return [input.grad];
        }
    }
}
