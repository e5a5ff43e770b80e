using Ckpt.Torch;
using Ckpt.Trainer.Adapting;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Layers;

/// <summary>A linear module as one rank holds it, with its adapter. What is shared by ranks enters and leaves outside.</summary>
sealed class LinearLayer(Parameter weight, Parameter? bias, LoraModule? adapter)
{
    internal Tensor Forward(Pass pass, Tensor inputs)
    {
        var outputs = nn.functional.linear(inputs, weight.Value, bias?.Value);
        return adapter is null ? outputs : adapter.Add(pass, inputs, outputs);
    }
}
