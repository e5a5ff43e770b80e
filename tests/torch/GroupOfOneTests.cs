using Ckpt.Torch.Distributed;
using Xunit;

namespace Ckpt.TorchTests;

public sealed class GroupOfOneTests
{
    [Fact]
    public void AGroupOfOneNeedsNoNativePart()
    {
        Assert.Equal(0, ProcessGroup.Alone.Rank);
        Assert.Equal(1, ProcessGroup.Alone.Size);
    }
}
