using Ckpt.Torch;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Functions;

/// <summary>A part of the model that keeps its inputs only, and runs again when gradients are asked for, with the same random numbers.</summary>
sealed class CheckpointFunction : IAutogradFunction
{
    readonly Pass _pass;
    readonly Func<Tensor[], Tensor> _body;

    CheckpointFunction(Pass pass, Func<Tensor[], Tensor> body) => (_pass, _body) = (pass, body);

    /// <summary>What the body makes of inputs, of which one at least must require gradients for its parameters to get theirs.</summary>
    internal static Tensor Run(Pass pass, Func<Tensor[], Tensor> body, params Tensor[] inputs) => autograd.Apply(new CheckpointFunction(pass, body), inputs)[0];

    public Tensor[] Forward(AutogradContext context, Tensor[] inputs)
    {
        context.Save(inputs);
        if (_pass.UsesRandom) { context.State = _pass.Random.Keep(); }
        return [_body(inputs)];
    }

    public Tensor?[] Backward(AutogradContext context, Tensor?[] gradients)
    {
        var saved = context.Saved;
        var inputs = new Tensor[saved.Length];
        for (var i = 0; i < inputs.Length; i++) { inputs[i] = saved[i]!.detach().requires_grad_(context.NeedsGradient(i)); }
        using var after = _pass.UsesRandom ? _pass.Random.Keep() : null;
        if (context.State is KeptRandom before) { _pass.Random.Restore(before); }
        using (enable_grad())
        {
            using var again = _pass.Again();
            autograd.backward([_body(inputs)], [gradients[0]!]);
        }
        if (after is not null) { _pass.Random.Restore(after); }
        return [.. inputs.Select(static input => input.grad)];
    }
}
