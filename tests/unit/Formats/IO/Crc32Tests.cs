using System.Text;
using Ckpt.Formats.IO;
using Ckpt.Kit;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.UnitTests.Formats.IO;

public class Crc32Tests
{
    [Theory]
    [InlineData("", 0x00000000u)]
    [InlineData("123456789", 0xCBF43926u)] // the check value of the CRC catalogue
    [InlineData("The quick brown fox jumps over the lazy dog", 0x414FA339u)]
    public void KnownValuesAreReached(string text, uint expected) => Assert.Equal(expected, Crc32.Of(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void EveryKernelAgreesWithTheTable() => Law.Holds(
        from length in Gen.Choose(0, 700)
        from seed in Gen.Choose(0, int.MaxValue)
        from register in Gen.Choose(int.MinValue, int.MaxValue)
        select (length, seed, register),
        c =>
        {
            var bytes = new byte[c.length];
            new Random(c.seed).NextBytes(bytes);
            var expected = Crc32.Kernels[0].Run((uint)c.register, bytes);
            return Crc32.Kernels.All(k => k.Run((uint)c.register, bytes) == expected);
        });

    [Fact]
    public void CombiningIsTheCrcOfTheConcatenation() => Law.Holds(
        from a in Gen.ArrayOf(Gen.Choose(0, 255))
        from b in Gen.ArrayOf(Gen.Choose(0, 255))
        select (a.Select(x => (byte)x).ToArray(), b.Select(x => (byte)x).ToArray()),
        c => Crc32.Combine(Crc32.Of(c.Item1), Crc32.Of(c.Item2), c.Item2.Length) == Crc32.Of([.. c.Item1, .. c.Item2]));
}
