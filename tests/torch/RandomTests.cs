using System.Security.Cryptography;
using Ckpt.Torch;
using Xunit;
using static Ckpt.Torch.torch;

namespace Ckpt.TorchTests;

/// <summary>A seed gives what PyTorch gives: the numbers below were printed by its versions 2.6 and 2.14.</summary>
[NoLeaks]
public sealed class RandomTests
{
    [TorchFact]
    public void ASeedGivesPyTorchsNumbers()
    {
        using var scope = NewDisposeScope();
        manual_seed(0);
        Assert.Equal([4L, 1, 7, 5, 3, 9, 0, 8, 6, 2], randperm(10).ToArray<long>());
        manual_seed(0);
        Assert.Equal([0x18a7eb8 / (float)0x1000000, -0x12c78a0 / (float)0x4000000, -0x116e292 / (float)0x800000, 0x123096c / (float)0x2000000],
            randn([4]).ToArray<float>());
        Assert.Equal([-1.0845223665237427f, -1.3985954523086548f, 0.40334683656692505f, 0.8380263447761536f], randn([4]).ToArray<float>());
        manual_seed(1234);
        Assert.Equal([0.028979241847991943f, 0.4018985629081726f, 0.25984418392181396f], rand([3]).ToArray<float>());
        // From 16 numbers on, the logarithms are the processor's: the last bit is its own.
        var last = randn([20]).ToArray<float>()[^2..];
        Assert.Equal(0.25629177689552307f, last[0], 1e-7f);
        Assert.Equal(-0.40304696559906006f, last[1], 1e-7f);
        Assert.Equal([67L, 51, 15, 32, 61], randint(0, 100, [5]).ToArray<long>());
        Assert.Equal([-0.013632219284772873f, 0.012677387334406376f, 0.0038440453354269266f], empty([3]).normal_(0, 0.02).ToArray<float>());
        manual_seed(7);
        Assert.Equal([2f, 2, 0, 0, 0, 0, 2, 0], nn.functional.dropout(ones([8]), 0.5).ToArray<float>());
    }

    [TorchFact]
    public void TheGeneratorsStateIsPyTorchs()
    {
        using var scope = NewDisposeScope();
        manual_seed(0);
        var state = get_rng_state();
        Assert.Equal([5056L], state.shape);
        Assert.Equal("1ccf17250133dec5e96478acd63e13d728d0dbbabb30389415a302c6f872f81f", Convert.ToHexStringLower(SHA256.HashData(state.ToArray<byte>())));
    }

    [TorchFact]
    public void AStateThatIsSetAgainGivesTheSame()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        _ = rand([5]);
        var state = get_rng_state();
        var first = rand([5]).ToArray<float>();
        set_rng_state(state);
        Assert.Equal(first, rand([5]).ToArray<float>());
        Assert.Throws<TorchException>(() => set_rng_state(zeros([3], ScalarType.Byte)));
    }
}
