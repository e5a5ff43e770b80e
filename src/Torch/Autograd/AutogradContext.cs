namespace Ckpt.Torch;

/// <summary>What a function keeps from its forward for its backward; freed with the graph.</summary>
public sealed class AutogradContext
{
    readonly bool[] _needed;

    internal AutogradContext(IAutogradFunction function, bool[] needed) => (Function, _needed) = (function, needed);

    internal IAutogradFunction Function { get; }

    /// <summary>The tensors given to <see cref="Save"/>; the context's to free.</summary>
    public Tensor?[] Saved { get; private set; } = [];

    /// <summary>Anything else; let go with the graph, but not disposed.</summary>
    public object? State { get; set; }

    /// <summary>Whether anybody asks for the gradient of this input.</summary>
    public bool NeedsGradient(int input) => _needed[input];

    /// <summary>Keeps references of its own; the callers' may be freed.</summary>
    public void Save(params Tensor?[] tensors)
    {
        Free();
        Saved = Array.ConvertAll(tensors, t => t?.alias().DetachFromDisposeScope());
    }

    /// <summary>A result that is kept would hold the graph that holds it: what is kept instead shares its memory, but not its history.</summary>
    internal void Unlink(Tensor[] inputs, Tensor[] outputs)
    {
        for (var i = 0; i < Saved.Length; i++)
        {
            if (Saved[i] is not { } saved || inputs.Any(saved.is_same) || !outputs.Any(saved.is_same)) { continue; }
            Saved[i] = saved.detach().DetachFromDisposeScope();
            saved.Dispose();
        }
    }

    internal void Free()
    {
        foreach (var tensor in Saved) { tensor?.Dispose(); }
        Saved = [];
    }
}
