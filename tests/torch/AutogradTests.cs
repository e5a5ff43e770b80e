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
