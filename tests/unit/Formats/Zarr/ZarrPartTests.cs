using Ckpt.Formats;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Zarr;
using Ckpt.Kit;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.UnitTests.Formats.Zarr;

public sealed class ZarrPartTests
{
    [Fact]
    public void GapsAndWhatIsThereAreTheGridOnce() => Law.Holds(
        from shape in Cuts.Shapes(maxRank: 3, maxSize: 5)
        from seed in Gen.Choose(0, 1 << 20)
        select (shape, seed),
        c =>
        {
            var random = new Random(c.seed);
            var share = random.NextDouble();
            var present = MemoryCheckpoint.Indices(c.shape).Where(_ => random.NextDouble() < share).ToList();
            var gaps = ZarrGaps.Of(c.shape.ToArray(), present);
            Box[] all = [.. gaps, .. present.Select(index => new Box(index, [.. index.Select(_ => 1L)]))];
            return BoxTiling.Check(c.shape, all) == TilingFault.None && gaps.Count <= ((present.Count + 1) * Math.Max(1, c.shape.Rank));
        });

    [Fact]
    public void AGridOfNothingThereIsOneGapHoweverLarge()
    {
        Assert.Equal([new Box([0, 0], [1L << 40, 1L << 20])], ZarrGaps.Of([1L << 40, 1L << 20], []));
        Assert.Empty(ZarrGaps.Of([0, 5], []));
        Assert.Single(ZarrGaps.Of([], []));
        Assert.Empty(ZarrGaps.Of([], [[]]));
    }

    [Fact]
    public void ACacheHoldsNoMoreThanItMayAndDecodesOnce()
    {
        var cache = new DecodedCache(100);
        var decoded = 0;
        for (var round = 0; round < 3; round++)
        {
            for (var chunk = 0; chunk < 3; chunk++) { Assert.Equal(chunk, cache.Get(chunk, 0, Make(chunk))[0]); }
        }
        Assert.Equal(3, decoded);
        Assert.Equal(90, cache.HeldBytes);
        cache.Get(3, 0, Make(3)); // the oldest goes
        Assert.Equal(90, cache.HeldBytes);
        cache.Get(2, 0, Make(2));
        Assert.Equal(4, decoded);
        cache.Get(0, 0, Make(0));
        Assert.Equal(5, decoded);

        Func<byte[]> Make(int chunk) => () =>
        {
            decoded++;
            var bytes = new byte[30];
            bytes[0] = (byte)chunk;
            return bytes;
        };
    }

    [Fact]
    public void ThreadsThatWantOneChunkDecodeItOnce()
    {
        var cache = new DecodedCache(1 << 20);
        var decoded = 0;
        Parallel.For(0, 64, _ => cache.Get(0, 0, () =>
        {
            Interlocked.Increment(ref decoded);
            Thread.Sleep(5);
            return new byte[10];
        }));
        Assert.Equal(1, decoded);
    }

    [Fact]
    public void AChunkThatCannotBeDecodedIsTriedAgain()
    {
        var cache = new DecodedCache(100);
        Assert.Throws<IOException>(() => cache.Get(0, 0, static () => throw new IOException("once")));
        Assert.Equal(10, cache.Get(0, 0, static () => new byte[10]).Length);
    }

    [Theory]
    [InlineData(ZarrCodecKind.Blosc, "libblosc1"), InlineData(ZarrCodecKind.Zstd, "libzstd1")]
    [Clause("ZAR-3.10")]
    public void AMissingLibraryIsNamedWithWhatInstallsIt(ZarrCodecKind kind, string package)
    {
        var fault = Assert.Throws<UnsupportedCheckpointException>(() => ZarrLibraries.Need(kind, "a/0.0", static _ => false));
        Assert.Equal("ZAR-3.10", fault.Clause);
        Assert.Contains($"apt-get install {package}", fault.Message, StringComparison.Ordinal);
        ZarrLibraries.Need(kind, "a/0.0");
    }

    /// <summary>The check value of the catalogue of parametrised CRC algorithms, and RFC 3720 B.4.</summary>
    [Fact]
    public void Crc32cIsCastagnolis()
    {
        Assert.Equal(0xE3069283u, Crc32c.Of("123456789"u8));
        Assert.Equal(0x8A9136AAu, Crc32c.Of(new byte[32]));
        Assert.Equal(0u, Crc32c.Of([]));
    }

    [Fact]
    public void FillValuesRepeatFromAnyPlace()
    {
        var source = new FillByteSource("f", [1, 2, 3, 4], 40);
        foreach (var (offset, length) in (List<(int, int)>)[(0, 40), (3, 7), (5, 1), (39, 1), (40, 0), (2, 33)])
        {
            var bytes = new byte[length];
            source.ReadExactly(offset, bytes);
            Assert.Equal(Enumerable.Range(offset, length).Select(i => (byte)((i % 4) + 1)), bytes);
        }
        Assert.Throws<EndOfStreamException>(() => source.ReadExactly(38, new byte[3]));
    }

    [Fact]
    public void SwappedBytesAreThoseOfEveryElementFromAnyPlace()
    {
        var bytes = Enumerable.Range(0, 26).Select(i => (byte)i).ToArray();
        var source = new SwappedByteSource(new Ckpt.Formats.IO.MemoryByteSource("m", bytes), 2, 24, 4);
        var expected = Enumerable.Range(0, 24).Select(i => (byte)(2 + (i / 4 * 4) + 3 - (i % 4))).ToArray();
        for (var offset = 0; offset <= 24; offset++)
        {
            for (var length = 0; length <= 24 - offset; length++)
            {
                var part = new byte[length];
                source.ReadExactly(offset, part);
                Assert.Equal(expected[offset..(offset + length)], part);
            }
        }
        Assert.Throws<EndOfStreamException>(() => source.ReadExactly(24, new byte[1]));
    }
}
