namespace Ckpt.Trainer.Datasets;

/// <summary>The permutations of PyTorch, without PyTorch (TRL-2.1).</summary>
public static class TorchPermutation
{
    /// <summary>What <c>torch.randperm(count, generator=g)</c> gives on the CPU after <c>g.manual_seed(seed)</c>.</summary>
    public static int[] Of(int count, ulong seed)
    {
        var (numbers, order) = (new MersenneTwister(seed), new int[count]);
        for (var i = 0; i < count; i++) { order[i] = i; }
        for (var i = 0; i < count - 1; i++)
        {
            var other = i + (int)(numbers.Next() % (uint)(count - i));
            (order[i], order[other]) = (order[other], order[i]);
        }
        return order;
    }
}
