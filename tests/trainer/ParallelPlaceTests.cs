using Ckpt.Torch.Distributed;
using Ckpt.Trainer.Parallel;
using Xunit;

namespace Ckpt.TrainerTests;

public sealed class ParallelPlaceTests
{
    [Fact]
    public void OneProcessIsTheOnlyMemberOfEveryGroup()
    {
        var alone = ParallelPlace.Alone;
        Assert.Equal(alone.World, alone.TensorParallel * alone.DataParallel);
        Assert.All([alone.TensorGroup, alone.DataGroup, alone.WorldGroup], g => Assert.Same(ProcessGroup.Alone, g));
    }
}
