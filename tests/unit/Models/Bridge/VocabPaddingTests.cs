using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Xunit;

namespace Ckpt.UnitTests.Models.Bridge;

public class VocabPaddingTests
{
    [Theory, Clause("NAM-2.3")]
    [InlineData(259, 1, 259)]
    [InlineData(259, 2, 260)]
    [InlineData(260, 4, 260)]
    [InlineData(151936, 7, 151942)]
    public void SwiftRoundsUpToTheTensorParallelSize(long vocab, int tensorParallel, long rows) => Assert.Equal(rows, VocabPadding.Swift(vocab, tensorParallel));

    [Theory, Clause("NAM-2.4")]
    [InlineData(50257, 1, 128, 50304)]
    [InlineData(50257, 8, 128, 51200)]
    [InlineData(128256, 8, 128, 129024)]
    [InlineData(256, 2, 128, 256)]
    [InlineData(259, 2, 1, 260)]
    public void MegatronRoundsUpToAMultiple(long vocab, int tensorParallel, int divisibleBy, long rows) => Assert.Equal(rows, VocabPadding.Native(vocab, tensorParallel, divisibleBy));
}
