using Ckpt.Torch;
using Ckpt.Trainer.Modeling.Functions;
using Ckpt.Trainer.Modeling.Kernels;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Layers;

/// <summary>A layer of experts: each rank has a part of the width of every one.</summary>
sealed class ExpertsLayer(RouterLayer router, IReadOnlyList<MlpLayer> experts, MlpLayer? shared, Parameter? sharedGate)
{
    internal RouterLayer Router => router;

    internal Tensor Forward(Pass pass, Tensor rows)
    {
        var (weights, chosen) = router.Forward(pass, rows);
        var gate = sharedGate is null ? null : nn.functional.linear(rows, sharedGate.Value).to(ScalarType.Float32).sigmoid();
        // Ranks have parts of the experts' outputs, so they find parts of the weights' gradients: these enter the region, too.
        var inside = pass.Regions.Enter(rows);
        weights = pass.Regions.Enter(weights);
        if (pass.Regions.IsSequenceParallel) { chosen = pass.Regions.Rows(chosen); }
        var (order, slots, counts) = Sorted(chosen, experts.Count);
        if (pass.IsTraining && !pass.IsAgain && router.BalancingBias is not null) { router.Count(counts); }
        var given = autograd.Apply(new RowGatherFunction(new RowGather(order, (int)inside.shape[0])), inside)[0];
        var made = new List<Tensor>();
        var first = 0L;
        for (var expert = 0; expert < counts.Length; first += counts[expert++])
        {
            if (counts[expert] > 0) { made.Add(experts[expert].Forward(pass, given.narrow(0, first, counts[expert]))); }
        }
        var each = slots.Length / (int)inside.shape[0];
        var sums = autograd.Apply(new WeightedRowsFunction(slots, each), made.Count == 1 ? made[0] : cat(made.ToArray(), 0), weights)[0];
        if (shared is not null)
        {
            var always = shared.Forward(pass, inside);
            sums = gate is null ? sums.add_(always) : sums.add_(always.mul(pass.Regions.Enter(gate).to(always.dtype)));
        }
        return pass.Regions.Leave(sums);
    }

    // Tokens by expert, in their order: for each slot its token, and for each of a token's choices its slot.
    static (int[] Order, int[] Slots, int[] Counts) Sorted(Tensor chosen, int experts)
    {
        var numbers = chosen.contiguous().data<long>().ToArray();
        var each = (int)chosen.shape[1];
        var counts = new int[experts];
        foreach (var expert in numbers) { counts[expert]++; }
        var next = new int[experts];
        for (var expert = 1; expert < experts; expert++) { next[expert] = next[expert - 1] + counts[expert - 1]; }
        var (order, slots) = (new int[numbers.Length], new int[numbers.Length]);
        for (var i = 0; i < numbers.Length; i++)
        {
            slots[i] = next[numbers[i]]++;
            order[slots[i]] = i / each;
        }
        return (order, slots, counts);
    }
}
