using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Zarr;

/// <summary>Says an array's or a group's metadata as zarr-python does. Pure.</summary>
static class ZarrArrayText
{
    /// <summary>A <c>.zarray</c>, its keys sorted.</summary>
    /// <param name="array">The array.</param>
    /// <param name="megatron">Whether as Megatron: no separator, no fill value.</param>
    internal static JsonObject V2(ZarrArray array, bool megatron)
    {
        var node = new JsonObject { ["chunks"] = Sizes(array.ChunkShape), ["compressor"] = array.Pipeline.Codecs.Count == 0 ? null : CompressorV2(array.Pipeline.Codecs[0]) };
        if (!megatron) { node["dimension_separator"] = array.Keys.Separator.ToString(); }
        node["dtype"] = ZarrDTypes.V2Name(array.DType, array.Pipeline.BigEndian);
        node["fill_value"] = megatron || ZarrDTypes.V2Name(array.DType)![0] is not ('<' or '|') ? null : Zero(array.DType);
        node["filters"] = null;
        node["order"] = array.Pipeline.Order is null ? "C" : "F";
        node["shape"] = Sizes(array.Shape);
        node["zarr_format"] = 2;
        return node;
    }

    /// <summary>A <c>zarr.json</c> of an array.</summary>
    internal static JsonObject V3(ZarrArray array) => new()
    {
        ["shape"] = Sizes(array.Shape),
        ["data_type"] = ZarrDTypes.V3Name(array.DType),
        ["chunk_grid"] = Named("regular", new JsonObject { ["chunk_shape"] = Sizes(array.ChunkShape) }),
        ["chunk_key_encoding"] = Named("default", new JsonObject { ["separator"] = array.Keys.Separator.ToString() }),
        ["fill_value"] = Zero(array.DType),
        ["codecs"] = Codecs(array.Pipeline, array.DType),
        ["attributes"] = new JsonObject(),
        ["zarr_format"] = 3,
        ["node_type"] = "array",
        ["storage_transformers"] = new JsonArray(),
    };

    /// <summary>A <c>zarr.json</c> of a group.</summary>
    internal static JsonObject GroupV3() => new() { ["attributes"] = new JsonObject(), ["zarr_format"] = 3, ["node_type"] = "group" };

    /// <summary>The text, indented by so many spaces and without a newline at its end, as Python's json writes it.</summary>
    internal static byte[] Text(JsonNode node, int indent)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Indented = true, IndentSize = indent, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var writer = new Utf8JsonWriter(buffer, options)) { node.WriteTo(writer); }
        return buffer.WrittenSpan.ToArray();
    }

    static JsonArray Codecs(ZarrPipeline pipeline, DType dtype)
    {
        var list = new JsonArray();
        if (pipeline.Order is { } order) { list.Add((JsonNode)Named("transpose", new JsonObject { ["order"] = Sizes(new Shape([.. order.Select(static axis => (long)axis)])) })); }
        if (pipeline.Sharding is { } sharding)
        {
            list.Add((JsonNode)Named("sharding_indexed", new JsonObject
            {
                ["chunk_shape"] = Sizes(sharding.ChunkShape),
                ["codecs"] = Codecs(sharding.Chunks, dtype),
                ["index_codecs"] = new JsonArray(Bytes(false, 8), new JsonObject { ["name"] = "crc32c" }),
                ["index_location"] = "end",
            }));
            return list;
        }
        list.Add((JsonNode)Bytes(pipeline.BigEndian, dtype.ByteSize()));
        foreach (var codec in pipeline.Codecs) { list.Add((JsonNode)CodecV3(codec, dtype)); }
        return list;
    }

    static JsonObject Bytes(bool bigEndian, int size) =>
        size == 1 ? new JsonObject { ["name"] = "bytes" } : Named("bytes", new JsonObject { ["endian"] = bigEndian ? "big" : "little" });

    static JsonObject CompressorV2(ZarrCodec codec) => codec.Kind switch
    {
        ZarrCodecKind.Blosc => new() { ["blocksize"] = 0, ["clevel"] = codec.Level, ["cname"] = codec.BloscCompressor, ["id"] = "blosc", ["shuffle"] = codec.BloscShuffle },
        ZarrCodecKind.Zstd when codec.Checksum => new() { ["checksum"] = true, ["id"] = "zstd", ["level"] = codec.Level },
        _ => new() { ["id"] = codec.Kind.ToString().ToLowerInvariant(), ["level"] = codec.Level },
    };

    static JsonObject CodecV3(ZarrCodec codec, DType dtype) => codec.Kind switch
    {
        ZarrCodecKind.Crc32c => new() { ["name"] = "crc32c" },
        ZarrCodecKind.Zstd => Named("zstd", new JsonObject { ["level"] = codec.Level, ["checksum"] = codec.Checksum }),
        ZarrCodecKind.Gzip => Named("gzip", new JsonObject { ["level"] = codec.Level }),
        ZarrCodecKind.Zlib => Named("numcodecs.zlib", new JsonObject { ["level"] = codec.Level }),
        _ => Named("blosc", new JsonObject
        {
            ["typesize"] = dtype.ByteSize(),
            ["cname"] = codec.BloscCompressor,
            ["clevel"] = codec.Level,
            ["shuffle"] = codec.BloscShuffle switch { 0 => "noshuffle", 1 => "shuffle", _ => "bitshuffle" },
            ["blocksize"] = 0,
        }),
    };

    /// <summary>Zero, as a type writes it; Python's json keeps the point of a float.</summary>
    static JsonNode Zero(DType dtype) => dtype switch
    {
        DType.Bool => JsonValue.Create(false),
        DType.C64 or DType.C128 => new JsonArray(Raw("0.0"), Raw("0.0")),
        DType.F8E8M0 => JsonValue.Create("0x00"), // the type has no zero; its smallest number has these bits
        DType.F16 or DType.BF16 or DType.F32 or DType.F64 or DType.F8E4M3 or DType.F8E5M2 or DType.F8E4M3Fnuz or DType.F8E5M2Fnuz => Raw("0.0"),
        _ => JsonValue.Create(0),
    };

    static JsonNode Raw(string number) => JsonNode.Parse(number)!;

    static JsonObject Named(string name, JsonObject settings) => new() { ["name"] = name, ["configuration"] = settings };

    static JsonArray Sizes(Shape shape)
    {
        var list = new JsonArray();
        foreach (var size in shape.Dims) { list.Add((JsonNode)size); }
        return list;
    }
}
