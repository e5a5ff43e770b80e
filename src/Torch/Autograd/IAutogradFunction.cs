namespace Ckpt.Torch;

/// <summary>A function with a derivative of its own, both in C#; see <see cref="torch.autograd.Apply"/>.</summary>
public interface IAutogradFunction
{
    /// <summary>The results; nothing in here is recorded. What the derivative needs is kept by <see cref="AutogradContext.Save"/>.</summary>
    Tensor[] Forward(AutogradContext context, Tensor[] inputs);

    /// <summary>
    /// One gradient for each input, or null, from one for each result, or null where none was used. Tensors made in here are freed after;
    /// what is returned is not. May be called on a thread of LibTorch.
    /// </summary>
    Tensor?[] Backward(AutogradContext context, Tensor?[] gradients);
}
