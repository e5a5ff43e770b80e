using Ckpt.Formats.Tensors;
using Ckpt.Formats.Zarr;
using Ckpt.Kit;
using FsCheck;
using FsCheck.Fluent;

namespace Ckpt.PropertyTests.Zarr;

/// <summary>Tensors, ways to cut them and ways to write them.</summary>
sealed record ZarrCase(ZarrWriterOptions Options, DType DType, Shape Shape, Shape Chunk, int Seed)
{
    static readonly DType[] s_types = [DType.Bool, DType.U8, DType.I16, DType.F16, DType.BF16, DType.I32, DType.F32, DType.I64, DType.F64, DType.C64, DType.C128, DType.F8E4M3, DType.F8E8M0];

    static readonly ZarrCodec[][] s_codecs =
    [
        [], [], [ZarrCodec.Gzip(1)], [ZarrCodec.Zlib(9)], [ZarrCodec.Zstd()], [ZarrCodec.Zstd(-5, checksum: true)], [ZarrCodec.Blosc()],
        [ZarrCodec.Blosc("blosclz", 9, 0)], [ZarrCodec.Blosc("zstd", 1, 2)], [ZarrCodec.Blosc("lz4hc", 3)], [ZarrCodec.Blosc("zlib", 0, 2)],
    ];

    static readonly ZarrCodec[][] s_rows = [[ZarrCodec.Crc32c()], [ZarrCodec.Zstd(1), ZarrCodec.Crc32c()], [ZarrCodec.Crc32c(), ZarrCodec.Gzip(6), ZarrCodec.Zlib(1)]];

    /// <summary>Everything, in chunks of at least so many indices on each axis.</summary>
    internal static Gen<ZarrCase> Of(int smallest) =>
        from version in Gen.Elements(ZarrVersion.V2, ZarrVersion.V3)
        from codecs in Gen.Elements<ZarrCodec[]>(version == ZarrVersion.V2 ? s_codecs : [.. s_codecs, .. s_rows])
        from separator in Gen.Elements<char?>(null, '.', '/')
        from columnMajor in Gen.Elements(false, false, true)
        from bigEndian in Gen.Elements(false, false, true)
        from shard in Gen.Elements<long>(version == ZarrVersion.V2 ? [0L] : [0L, 0L, 50L, 500L])
        from consolidated in Gen.Elements(false, true)
        from dtype in Gen.Elements(s_types)
        from shape in Cuts.Shapes(maxSize: 5)
        from cuts in Gen.ArrayOf(Gen.Choose(smallest, 7), 4)
        from seed in Gen.Choose(0, 1 << 20)
        select new ZarrCase(
            new ZarrWriterOptions { Version = version, Codecs = codecs, Separator = separator, ColumnMajor = columnMajor, BigEndian = bigEndian, ShardBytes = shard, Consolidated = consolidated },
            dtype, shape, new Shape([.. shape.ToArray().Select((size, axis) => Math.Min(size, cuts[axis]))]), seed);

    /// <summary>Two tensors of the shape: at the root, and two folders down.</summary>
    internal IReadOnlyList<TensorTarget> Targets { get; } =
        [.. ((string[])["layers.0.w", "g/h/u"]).Select(name => new TensorTarget(name, DType, Shape, ZarrGrid.Boxes(Shape, Chunk)))];

    /// <summary>What they hold; half of it repeats, so that encodings have something to do.</summary>
    internal MemoryCheckpoint Source()
    {
        var source = new MemoryCheckpoint();
        var bytes = new byte[DType.ByteLength(Shape.Count)];
        for (var t = 0; t < Targets.Count; t++)
        {
            new Random(Seed + t).NextBytes(bytes.AsSpan(bytes.Length / 2));
            if (DType == DType.Bool) { for (var i = 0; i < bytes.Length; i++) { bytes[i] &= 1; } }
            source.Add(Targets[t].Name, DType, Shape, (byte[])bytes.Clone(), Targets[t].Boxes);
        }
        return source;
    }

    internal void Write(MemoryCheckpoint source, string folder) =>
        LayoutFiller.Write(new ZarrWriter(Options).LayOut(Targets), (t, b) => TensorAssembler.ReadBox(source, source.Tensors[t], b), folder);

    public override string ToString() => $"{Options} {string.Join(' ', Options.Codecs)} {DType} {Shape} in {Chunk}, {Seed}";
}
