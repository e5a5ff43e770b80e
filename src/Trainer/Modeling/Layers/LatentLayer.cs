using Ckpt.Inference.Descriptions;
using Ckpt.Torch;
using Ckpt.Trainer.Modeling.Functions;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Layers;

/// <summary>Multi-latent attention; this rank's heads. What leads to the latents is on every rank.</summary>
sealed class LatentLayer(LatentKind kind, int heads, CoreAttention core)
{
    /// <summary>To the latent of queries; null where they are projected at once.</summary>
    internal LinearLayer? QueryDown { get; init; }

    internal NormLayer? QueryNorm { get; init; }

    internal required LinearLayer Query { get; init; }

    internal required LinearLayer Down { get; init; }

    internal required NormLayer KvNorm { get; init; }

    internal required LinearLayer Up { get; init; }

    internal required LinearLayer Output { get; init; }

    internal Parameter? OutputBias { get; init; }

    internal Tensor Forward(Pass pass, Tensor rows)
    {
        var (batch, length, dim) = (pass.Batch, pass.Length, kind.Nope + kind.Rope);
        var latent = QueryDown is null ? rows : QueryNorm!.Forward(QueryDown.Forward(pass, rows));
        var queries = Query.Forward(pass, pass.Regions.Enter(latent)).view(pass.Rows, heads, dim);
        var down = Down.Forward(pass, rows);
        var both = Up.Forward(pass, pass.Regions.Enter(KvNorm.Forward(down.narrow(1, 0, kind.KvLora).contiguous()))).view(pass.Rows, heads, kind.Nope + kind.Value);
        var shared = pass.Regions.Enter(down.narrow(1, kind.KvLora, kind.Rope).contiguous()).view(pass.Rows, 1, kind.Rope);
        var angles = pass.Angles(kind.Rotary);
        queries = autograd.Apply(new RotaryFunction(angles, kind.Nope), queries)[0];
        shared = autograd.Apply(new RotaryFunction(angles, 0), shared)[0];
        var keys = cat([both.narrow(2, 0, kind.Nope), shared.expand(pass.Rows, heads, kind.Rope)], 2);
        Tensor ByHead(Tensor all) => all.view(batch, length, heads, -1).transpose(1, 2).contiguous();
        var mixed = core.Forward(pass, ByHead(queries), ByHead(keys), ByHead(both.narrow(2, kind.Nope, kind.Value).contiguous()));
        var output = pass.Regions.Leave(Output.Forward(pass, mixed));
        return OutputBias is null ? output : output.add_(OutputBias.Value);
    }
}
