using Ckpt.Torch.Native;

namespace Ckpt.Torch;

public sealed unsafe partial class Tensor
{
    /// <summary>Whether operations on it are recorded; may be set on leaves.</summary>
    public bool requires_grad
    {
        get
        {
            var yes = Info.RequiresGrad;
            GC.KeepAlive(this);
            return yes;
        }
        set => requires_grad_(value);
    }

    public bool is_leaf
    {
        get
        {
            var yes = Shim.ckpt_is_leaf(Handle) != 0;
            GC.KeepAlive(this);
            return yes;
        }
    }

    /// <summary>What backward has added up here, or null: each read is a reference of its own.</summary>
    public Tensor? grad
    {
        get
        {
            nint gradient;
            Shim.Check(Shim.ckpt_get_grad(Handle, &gradient));
            GC.KeepAlive(this);
            return gradient == 0 ? null : new Tensor(gradient);
        }

        set
        {
            Shim.Check(Shim.ckpt_set_grad(Handle, value?.Handle ?? 0));
            GC.KeepAlive(this);
            GC.KeepAlive(value);
        }
    }

    public Tensor requires_grad_(bool requires_grad = true)
    {
        Shim.Check(Shim.ckpt_set_requires_grad(Handle, requires_grad ? 1 : 0));
        GC.KeepAlive(this);
        return this;
    }

    /// <summary>Asks that an inner tensor keeps its gradient.</summary>
    public void retain_grad()
    {
        Shim.Check(Shim.ckpt_retain_grad(Handle));
        GC.KeepAlive(this);
    }

    /// <summary>Adds the derivative of this to the <see cref="grad"/> of every leaf it was made of.</summary>
    public void backward(Tensor? gradient = null, bool? retain_graph = null, bool create_graph = false)
        => torch.autograd.backward([this], gradient is null ? null : [gradient], retain_graph, create_graph);
}
