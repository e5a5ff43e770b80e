using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Zarr;

/// <summary>Reads an array's metadata, of version 2 (<c>.zarray</c>) or 3 (<c>zarr.json</c>). Pure.</summary>
static class ZarrArrayParser
{
    const ulong MaxBytes = 1UL << 59;

    static readonly string[] s_fieldsV3 =
    [
        "zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs", "attributes", "storage_transformers", "dimension_names",
    ];

    internal static ZarrArray ParseV2(JsonElement array, string where)
    {
        Version(array, 2, where);
        var (shape, chunks) = (ZarrJson.Sizes(array, "shape", where), ZarrJson.Sizes(array, "chunks", where));
        var type = array.TryGetProperty("dtype", out var named) ? named : Throw.NoType(where, "dtype");
        if (type.ValueKind != JsonValueKind.String || !ZarrDTypes.TryParseV2(type.GetString()!, out var dtype, out var bigEndian)) { return Throw.Type(where, type); }
        var order = ZarrJson.Text(array, "order", where);
        if (order is not ("C" or "F")) { Throw.Word(where, "order", order, "C or F"); }
        int[]? axes = order == "F" && shape.Length > 1 ? [.. Enumerable.Range(0, shape.Length).Reverse()] : null;
        var pipeline = new ZarrPipeline(axes, bigEndian, null, ZarrCodecParser.CompressorV2(array, where));
        var fill = array.TryGetProperty("fill_value", out var value) ? ZarrFillParser.Parse(value, dtype, where) : null;
        return Checked(new ZarrArray(2, new Shape(shape), new Shape(chunks), dtype, new ZarrChunkKeys(Separator(array, ".", where), false), pipeline, fill), where);
    }

    internal static ZarrArray ParseV3(JsonElement array, string where)
    {
        Version(array, 3, where);
        MustUnderstand(array, s_fieldsV3, where);
        if (ZarrJson.Optional(array, "storage_transformers") is { } transformers && (transformers.ValueKind != JsonValueKind.Array || transformers.GetArrayLength() > 0))
        {
            Throw.NotUnderstood(where, "storage_transformers");
        }
        var shape = ZarrJson.Sizes(array, "shape", where);
        var type = array.TryGetProperty("data_type", out var named) ? named : Throw.NoType(where, "data_type");
        if (!ZarrDTypes.TryParseV3(ZarrCodecParser.Named(type, "data_type", where).Name, out var dtype)) { return Throw.Type(where, type); }
        var chunks = Grid(array, where);
        if (chunks.Length != shape.Length) { Throw.Rank(where, new Shape(shape), new Shape(chunks)); }
        var fill = array.TryGetProperty("fill_value", out var value) && value.ValueKind != JsonValueKind.Null
            ? ZarrFillParser.Parse(value, dtype, where)
            : Throw.NoFill(where);
        var pipeline = ZarrCodecParser.PipelineV3(array, dtype, shape.Length, where);
        return Checked(new ZarrArray(3, new Shape(shape), new Shape(chunks), dtype, Keys(array, where), pipeline, fill), where);
    }

    /// <summary>A field that is not known may be ignored only if it says so itself.</summary>
    internal static void MustUnderstand(JsonElement node, IReadOnlyCollection<string> known, string where)
    {
        foreach (var field in node.EnumerateObject())
        {
            if (known.Contains(field.Name)) { continue; }
            if (field.Value.ValueKind != JsonValueKind.Object || !field.Value.TryGetProperty("must_understand", out var must) || must.ValueKind != JsonValueKind.False)
            {
                Throw.NotUnderstood(where, field.Name);
            }
        }
    }

    static void Version(JsonElement array, int wanted, string where)
    {
        var version = ZarrJson.Field(array, "zarr_format", JsonValueKind.Number, where);
        if (!version.TryGetInt64(out var found) || found != wanted) { Throw.Version(where, version, wanted); }
    }

    static long[] Grid(JsonElement array, string where)
    {
        var (name, settings) = ZarrCodecParser.Named(ZarrJson.Field(array, "chunk_grid", JsonValueKind.Object, where), "chunk_grid", where);
        if (name != "regular" || settings.ValueKind != JsonValueKind.Object) { Throw.Grid(where, name); }
        return ZarrJson.Sizes(settings, "chunk_shape", where);
    }

    static ZarrChunkKeys Keys(JsonElement array, string where)
    {
        var item = array.TryGetProperty("chunk_key_encoding", out var found) ? found : Throw.NoType(where, "chunk_key_encoding");
        var (name, settings) = ZarrCodecParser.Named(item, "chunk_key_encoding", where);
        return name switch
        {
            "default" => new ZarrChunkKeys(Separator(settings, "/", where, "separator"), true),
            "v2" => new ZarrChunkKeys(Separator(settings, ".", where, "separator"), false),
            _ => Throw.Keys(where, name),
        };
    }

    static char Separator(JsonElement parent, string usual, string where, string field = "dimension_separator")
    {
        var text = parent.ValueKind == JsonValueKind.Object && ZarrJson.Optional(parent, field) is not null ? ZarrJson.Text(parent, field, where) : usual;
        if (text is not ("." or "/")) { Throw.Word(where, field, text, "'.' or '/'"); }
        return text[0];
    }

    /// <summary>ZAR-2.2: whatever is computed from the sizes, bits too, fits 63 bits.</summary>
    static ZarrArray Checked(ZarrArray array, string where)
    {
        if (array.Shape.Rank != array.ChunkShape.Rank) { Throw.Rank(where, array.Shape, array.ChunkShape); }
        for (var axis = 0; axis < array.Shape.Rank; axis++)
        {
            if (array.ChunkShape[axis] == 0 && array.Shape[axis] > 0) { Throw.EmptyChunk(where, array.ChunkShape); }
        }
        if (Bytes(array.Shape, array.DType) > MaxBytes) { Throw.TooLarge(where, "shape", array.Shape); }
        if (Bytes(array.ChunkShape, array.DType) > MaxBytes) { Throw.TooLarge(where, "chunk", array.ChunkShape); }
        CheckShards(array.ChunkShape, array.Pipeline, where);
        return array;
    }

    static void CheckShards(Shape shape, ZarrPipeline pipeline, string where)
    {
        if (pipeline.Sharding is not { } sharding) { return; }
        for (var axis = 0; axis < shape.Rank; axis++)
        {
            var outer = shape[pipeline.Order?[axis] ?? axis];
            if (outer % sharding.ChunkShape[axis] != 0) { Throw.ShardShape(where, shape, sharding.ChunkShape); }
        }
        CheckShards(sharding.ChunkShape, sharding.Chunks, where);
    }

    static UInt128 Bytes(Shape shape, DType dtype)
    {
        UInt128 bytes = (uint)dtype.ByteSize();
        foreach (var size in shape.Dims)
        {
            if (size == 0) { return 0; }
            bytes = bytes > long.MaxValue ? bytes : bytes * (ulong)size;
        }
        return bytes;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Version(string where, JsonElement found, int wanted) => throw new MalformedCheckpointException(
            "ZAR-2.1", where, $"zarr_format is {ZarrJson.Raw(found)}, wanted is {wanted}");

        [DoesNotReturn]
        internal static JsonElement NoType(string where, string name) => throw new MalformedCheckpointException("ZAR-2.1", where, $"has no {name}");

        [DoesNotReturn]
        internal static byte[] NoFill(string where) => throw new MalformedCheckpointException("ZAR-2.7", where, "fill_value is null or missing; version 3 wants one");

        [DoesNotReturn]
        internal static ZarrArray Type(string where, JsonElement found) => throw new UnsupportedCheckpointException(
            "ZAR-2.3", where, $"data type {ZarrJson.Raw(found)}; read here are bool, (u)int8 to 64, float16 to 64, bfloat16, 8-bit floats and complex numbers");

        [DoesNotReturn]
        internal static void Word(string where, string name, string found, string wanted) => throw new MalformedCheckpointException(
            "ZAR-2.4", where, $"{name} is {Quoted.Name(found)}, wanted is {wanted}");

        [DoesNotReturn]
        internal static void Grid(string where, string name) => throw new UnsupportedCheckpointException(
            "ZAR-2.4", where, $"chunk_grid {Quoted.Name(name)}; read is regular, with a configuration");

        [DoesNotReturn]
        internal static ZarrChunkKeys Keys(string where, string name) => throw new UnsupportedCheckpointException(
            "ZAR-2.4", where, $"chunk_key_encoding {Quoted.Name(name)}; read are default and v2");

        [DoesNotReturn]
        internal static void NotUnderstood(string where, string name) => throw new UnsupportedCheckpointException(
            "ZAR-2.8", where, $"{Quoted.Name(name)}, which must be understood and is not known here");

        [DoesNotReturn]
        internal static void Rank(string where, Shape shape, Shape chunks) => throw new MalformedCheckpointException(
            "ZAR-2.2", where, $"chunks {chunks} of another number of axes than shape {shape}");

        [DoesNotReturn]
        internal static void EmptyChunk(string where, Shape chunks) => throw new MalformedCheckpointException("ZAR-2.2", where, $"chunks {chunks} without elements");

        [DoesNotReturn]
        internal static void TooLarge(string where, string what, Shape shape) => throw new MalformedCheckpointException(
            "ZAR-2.2", where, $"{what} {shape} has more than 2^59 bytes");

        [DoesNotReturn]
        internal static void ShardShape(string where, Shape shard, Shape chunk) => throw new MalformedCheckpointException(
            "ZAR-2.2", where, $"shards {shard} are no multiple of their chunks {chunk}");
    }
}
