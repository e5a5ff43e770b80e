using System.Text;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.Zarr;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Zarr;

public sealed class ZarrWriterTests
{
    public static TheoryData<string, ZarrWriterOptions, string> Golden => new()
    {
        { "v3-plain-slash", new(), "10,8" },
        { "v3-plain-dot", new() { Separator = '.' }, "10,8" },
        { "v3-i8-3d", new(), "2,6,3" },
        { "v3-u1", new(), "64" },
        { "v3-scalar", new(), "" },
        { "v3-big-endian", new() { BigEndian = true }, "10,8" },
        { "v3-crc32c", new() { Codecs = [ZarrCodec.Crc32c()] }, "10,8" },
        { "v3-zstd", new() { Codecs = [ZarrCodec.Zstd()] }, "10,8" },
        { "v3-zstd-checksum", new() { Codecs = [ZarrCodec.Zstd(3, checksum: true)] }, "10,8" },
        { "v3-gzip", new() { Codecs = [ZarrCodec.Gzip()] }, "10,8" },
        { "v3-blosc", new() { Codecs = [ZarrCodec.Blosc("zstd", 3)] }, "37,21" },
        { "v3-shard", new() { ShardBytes = 20 * 12 * 4 }, "5,4" },
    };

    /// <summary>The text, and where nothing is compressed the chunks, of the same array by zarr-python.</summary>
    [Theory, MemberData(nameof(Golden)), Clause("ZAR-6.7")]
    public void MetadataAndPlainChunksAreThoseOfZarrPython(string name, ZarrWriterOptions options, string chunk)
    {
        using var reader = ZarrVectors.OpenArray(name);
        var tensor = reader.Tensors[0];
        var whole = TensorAssembler.ReadWhole(reader, tensor);
        var shape = new Shape([.. chunk.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse)]);
        var source = new MemoryCheckpoint().Add(name, tensor.DType, tensor.Shape, whole, ZarrGrid.Boxes(tensor.Shape, shape));
        var target = new TensorTarget(name, tensor.DType, tensor.Shape, ZarrGrid.Boxes(tensor.Shape, shape));
        var written = LayoutFiller.Fill(new ZarrWriter(options).LayOut([target]), (_, b) => TensorAssembler.ReadBox(source, source.Tensors[0], b)).ToDictionary();
        var folder = Repository.Vector("zarr", "arrays", name);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            var path = $"{name}/{Path.GetRelativePath(folder, file)}";
            if (path.EndsWith("zarr.json", StringComparison.Ordinal)) { Assert.Equal(File.ReadAllText(file), Told(options, Encoding.UTF8.GetString(written[path]))); }
            else if (IsWhole(tensor, path, shape, options)) { Assert.True(File.ReadAllBytes(file).AsSpan().SequenceEqual(written[path]), path); }
        }
    }

    /// <summary>A shard's shape is chosen by its bytes; zarr-python was told another one.</summary>
    static string Told(ZarrWriterOptions options, string text) =>
        options.ShardBytes == 0 ? text : text.Replace("[\n        10,\n        24\n      ]", "[\n        20,\n        12\n      ]", StringComparison.Ordinal);

    /// <summary>zarr-python pads with what happened to be there, and libraries of other versions compress otherwise.</summary>
    static bool IsWhole(TensorInfo tensor, string path, Shape chunk, ZarrWriterOptions options) =>
        options.ShardBytes == 0 && options.Codecs.All(c => c.Kind == ZarrCodecKind.Crc32c)
        && path.Split('/')[1..] is var parts && string.Join('.', parts).Split('.').Where(p => p.Length > 0 && char.IsAsciiDigit(p[0])).Select(int.Parse).ToArray() is var index
        && Enumerable.Range(0, index.Length).All(axis => (index[axis] + 1) * chunk[axis] <= tensor.Shape[axis]);

    [Theory, Clause("ZAR-6.1")]
    [InlineData("")]
    [InlineData("a//b")]
    [InlineData("../b")]
    [InlineData("a/./b")]
    [InlineData("/a")]
    [InlineData("a/.zarray")]
    [InlineData("zarr.json")]
    [InlineData("a/__b")]
    [InlineData("a.sync")]
    [InlineData("a\0b")]
    [InlineData("common.pt", true)]
    [InlineData("metadata.json", true)]
    public void ANameThatIsNoFolderIsRefused(string name, bool megatron = false)
    {
        ICheckpointWriter writer = megatron ? new MegatronZarrWriter(new() { Common = new PickleDict() }) : new ZarrWriter(new());
        Assert.Equal("ZAR-6.1", Assert.Throws<UnsupportedCheckpointException>(() => writer.LayOut([TensorTarget.Whole(name, DType.U8, new Shape(1))])).Clause);
    }

    [Fact, Clause("ZAR-6.1")]
    public void AnArrayInAnArrayAndALongNameAreRefused()
    {
        TensorTarget[] nested = [TensorTarget.Whole("a/b/c", DType.U8, new Shape(1)), TensorTarget.Whole("a", DType.U8, new Shape(1))];
        Assert.Equal("ZAR-6.1", Assert.Throws<UnsupportedCheckpointException>(() => new ZarrWriter(new()).LayOut(nested)).Clause);
        TensorTarget[] lengthy = [TensorTarget.Whole(new string('ä', 128), DType.U8, new Shape(1))];
        Assert.Equal("ZAR-6.1", Assert.Throws<UnsupportedCheckpointException>(() => new ZarrWriter(new()).LayOut(lengthy)).Clause);
    }

    [Fact, Clause("ZAR-6.2")]
    public void ATypeThatZarrHasNotIsRefused()
    {
        Assert.Equal("ZAR-6.2", Refused(new ZarrWriter(new()), TensorTarget.Whole("a", DType.F4, new Shape(2))));
        Assert.Equal("ZAR-6.2", Refused(new MegatronZarrWriter(new() { Common = new PickleDict() }), TensorTarget.Whole("a", DType.F8E4M3, new Shape(2))));

        static string Refused(ICheckpointWriter writer, TensorTarget target) => Assert.Throws<UnsupportedCheckpointException>(() => writer.LayOut([target])).Clause;
    }

    [Fact, Clause("ZAR-6.3")]
    public void BoxesThatAreNoRegularGridAreRefused()
    {
        var shape = new Shape(5, 4);
        Box[][] cuts =
        [
            [new([0, 0], [1, 4]), new([1, 0], [4, 4])], // the smaller first
            [new([0, 0], [3, 4]), new([3, 0], [2, 2]), new([3, 2], [2, 2])],
            [new([0, 0], [3, 4])],
            [new([0, 0], [3, 4]), new([0, 0], [3, 4]), new([3, 0], [2, 4])],
            [new([0], [5])],
        ];
        foreach (var boxes in cuts)
        {
            Assert.Null(ZarrGrid.Of(shape, boxes));
            Assert.Equal("ZAR-6.3", Assert.Throws<LayoutException>(() => new ZarrWriter(new()).LayOut([new TensorTarget("a", DType.U8, shape, boxes)])).Clause);
        }
    }

    [Fact, Clause("ZAR-6.4")]
    public void AChunkTooLargeToEncodeIsRefusedAndAPlainOneIsNot()
    {
        TensorTarget[] large = [TensorTarget.Whole("a", DType.U8, new Shape((1L << 30) + 1))];
        Assert.Equal("ZAR-6.4", Assert.Throws<LayoutException>(() => new ZarrWriter(new() { Codecs = [ZarrCodec.Zstd()] }).LayOut(large)).Clause);
        Assert.Equal((1L << 30) + 1, new ZarrWriter(new()).LayOut(large).Files[0].Length);
    }

    [Theory, Clause("ZAR-6.5")]
    [InlineData("state")]
    [InlineData("key/part_0_1")]
    [InlineData("key/shard_1_1")]
    [InlineData("key/shard_0.0_1")]
    [InlineData("shard_0_1")]
    public void AnObjectThatWouldNotBeFoundAgainIsRefused(string name)
    {
        var writer = new MegatronZarrWriter(new() { Common = new PickleDict(), Objects = [new MegatronZarrObject(name, new PickleDict(), [])] });
        Assert.Equal("ZAR-6.5", Assert.Throws<UnsupportedCheckpointException>(() => writer.LayOut([])).Clause);
    }

    [Fact]
    public void OptionsThatTheVersionHasNoRoomForAreTheCallersMistake()
    {
        ZarrWriterOptions[] wrong =
        [
            new() { Version = ZarrVersion.V2, Codecs = [ZarrCodec.Crc32c()] },
            new() { Version = ZarrVersion.V2, Codecs = [ZarrCodec.Zstd(), ZarrCodec.Gzip()] },
            new() { Version = ZarrVersion.V2, ShardBytes = 1 },
            new() { Version = (ZarrVersion)4 },
            new() { Separator = '-' },
        ];
        foreach (var options in wrong) { Assert.Throws<ArgumentException>(() => new ZarrWriter(options).LayOut([])); }
        Assert.Throws<ArgumentException>(() => ZarrCodec.Blosc("snappy"));
        Assert.Throws<ArgumentOutOfRangeException>(() => ZarrCodec.Zstd(23));
    }
}
