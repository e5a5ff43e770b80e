using Ckpt.Torch;
using Xunit;

namespace Ckpt.TrainerTests.Modeling;

/// <summary>Tests of models go one after the other: the generator of random numbers and the count of tensors are the process's. Tiny models want one thread.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class OneAtATime : ICollectionFixture<OneAtATime>
{
    public const string Name = "one at a time";

    public OneAtATime()
    {
        if (torch.IsAvailable(out _)) { torch.set_num_threads(1); }
    }
}
