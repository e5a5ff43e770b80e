using Ckpt.Torch;
using Ckpt.Trainer.Adapting;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Layers;

/// <summary>Embeddings of tokens, whose rows tensor-parallel ranks share.</summary>
sealed class EmbeddingLayer(Parameter weight, LoraFactors? adapter, float scale, double dropout)
{
    /// <summary>This rank's first token.</summary>
    internal required long First { get; init; }

    internal Tensor Forward(Pass pass, Tensor tokens)
    {
        var rows = pass.Regions.Size == 1 ? Look(tokens.view(-1), null) : Shared(pass, tokens);
        if (scale != 1) { rows = rows.mul(scale); }
        return pass.DropRows(rows, dropout);
    }

    Tensor Shared(Pass pass, Tensor tokens)
    {
        Tensor local;
        Tensor mine;
        using (no_grad())
        {
            var (numbers, here) = (tokens.ToArray<long>(), weight.Shape[0]);
            var isMine = new float[numbers.Length];
            for (var i = 0; i < numbers.Length; i++)
            {
                var at = numbers[i] - First;
                (numbers[i], isMine[i]) = at >= 0 && at < here ? (at, 1) : (0, 0);
            }
            local = tensor(numbers);
            mine = tensor(isMine, [numbers.Length, 1]).to(weight.Value.dtype);
        }
        return pass.Regions.Leave(Look(local, mine));
    }

    // PEFT: A is looked up as the embedding is, transposed, and its dropout is none.
    Tensor Look(Tensor tokens, Tensor? mine)
    {
        var rows = nn.functional.embedding(tokens, weight.Value);
        if (adapter is not null)
        {
            var product = nn.functional.embedding(tokens, adapter.A.Value.t()).matmul(adapter.B.Value.t()).mul(adapter.Scale);
            rows = rows.add(product.to(rows.dtype));
        }
        return mine is null ? rows : rows.mul(mine);
    }
}
