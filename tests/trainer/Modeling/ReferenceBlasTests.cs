using Ckpt.Trainer.Modeling;
using Xunit;

namespace Ckpt.TrainerTests.Modeling;

/// <summary>Who is slow without need is told.</summary>
public sealed class ReferenceBlasTests
{
    [Theory]
    [InlineData("/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0", true)]
    [InlineData("/usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3", false)]
    [InlineData("/opt/torch/lib/libmkl_core.so.2", false)]
    [InlineData("/opt/torch/lib/libtorch_cpu.so", false)]
    public void TheReferenceIsToldByItsPlace(string file, bool isReference)
    {
        string[] maps = ["7f00-7f01 r-xp 00000000 00:00 0 /usr/lib/x86_64-linux-gnu/libc.so.6", $"7f02-7f03 r-xp 00000000 00:00 0 {file}"];
        Assert.Equal(isReference, ReferenceBlas.IsReference(maps));
        Assert.False(ReferenceBlas.IsReference([.. maps, "7f04-7f05 r-xp 00000000 00:00 0 /usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblasp-r0.3.21.so"]));
    }
}
