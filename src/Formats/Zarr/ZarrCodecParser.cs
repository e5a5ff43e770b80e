using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Zarr;

/// <summary>Reads what an array's metadata says of the way from elements to bytes.</summary>
static class ZarrCodecParser
{
    /// <summary>Shards in shards in shards; nobody writes more than one.</summary>
    const int MaxNesting = 4;

    /// <summary>The compressor of version 2, by its numcodecs id.</summary>
    internal static IReadOnlyList<ZarrCodec> CompressorV2(JsonElement array, string where)
    {
        if (ZarrJson.Optional(array, "filters") is { } filters && (filters.ValueKind != JsonValueKind.Array || filters.GetArrayLength() > 0)) { Throw.Filters(where, filters); }
        if (ZarrJson.Optional(array, "compressor") is not { } compressor) { return []; }
        if (compressor.ValueKind != JsonValueKind.Object) { Throw.NotObject(where, "compressor", compressor); }
        var id = ZarrJson.Text(compressor, "id", where);
        return [OfName(id, compressor, where) is { Kind: not ZarrCodecKind.Crc32c } codec ? codec : Throw.Unknown(where, id)];
    }

    /// <summary>The codecs of version 3.</summary>
    internal static ZarrPipeline PipelineV3(JsonElement parent, DType dtype, int rank, string where, int nesting = 0)
    {
        var list = ZarrJson.Field(parent, "codecs", JsonValueKind.Array, where);
        int[]? order = null;
        bool? bigEndian = null;
        ZarrSharding? sharding = null;
        var codecs = new List<ZarrCodec>();
        foreach (var item in list.EnumerateArray())
        {
            var (name, settings) = Named(item, "a codec", where);
            var isArray = bigEndian is null && sharding is null;
            switch (name)
            {
                case "transpose" when isArray:
                    order = Compose(order, Order(settings, rank, where));
                    break;
                case "bytes" when isArray:
                    bigEndian = Endian(settings, dtype, where);
                    break;
                case "sharding_indexed" when isArray:
                    if (nesting == MaxNesting) { Throw.TooNested(where); }
                    sharding = Sharding(settings, dtype, rank, where, nesting);
                    break;
                case "transpose" or "bytes" or "sharding_indexed":
                    Throw.Misplaced(where, name);
                    break;
                default:
                    var codec = OfName(name, settings, where) ?? Throw.Unknown(where, name);
                    if (isArray) { Throw.Misplaced(where, name); }
                    codecs.Add(codec);
                    break;
            }
        }
        if (bigEndian is null && sharding is null) { Throw.NoBytes(where); }
        if (sharding is not null && codecs.Count > 0) { Throw.EncodedShard(where, codecs[0]); }
        return new ZarrPipeline(order, bigEndian ?? false, sharding, codecs);
    }

    /// <summary>An extension point of version 3: a name alone, or an object with a name and a configuration.</summary>
    internal static (string Name, JsonElement Settings) Named(JsonElement item, string what, string where)
    {
        if (item.ValueKind == JsonValueKind.String) { return (item.GetString()!, default); }
        if (item.ValueKind != JsonValueKind.Object) { Throw.NotObject(where, what, item); }
        return (ZarrJson.Text(item, "name", where), ZarrJson.Optional(item, "configuration") is { } settings
            ? settings.ValueKind == JsonValueKind.Object ? settings : Throw.NotObject(where, "configuration", settings)
            : default);
    }

    static ZarrSharding Sharding(JsonElement settings, DType dtype, int rank, string where, int nesting)
    {
        if (settings.ValueKind != JsonValueKind.Object) { Throw.NoSettings(where, "sharding_indexed"); }
        var shape = ZarrJson.Sizes(settings, "chunk_shape", where);
        if (shape.Length != rank || shape.Contains(0)) { Throw.InnerShape(where, new Shape(shape), rank); }
        var (indexBigEndian, checksum) = IndexCodecs(settings, where);
        var location = ZarrJson.Optional(settings, "index_location") is { } at && at.ValueKind == JsonValueKind.String ? at.GetString() : "end";
        if (location is not ("start" or "end")) { Throw.IndexLocation(where, location!); }
        return new ZarrSharding(new Shape(shape), PipelineV3(settings, dtype, rank, where, nesting + 1), indexBigEndian, checksum, location == "start");
    }

    /// <summary>An index must have a length that is known, which leaves these codecs.</summary>
    static (bool BigEndian, bool Checksum) IndexCodecs(JsonElement settings, string where)
    {
        var list = ZarrJson.Field(settings, "index_codecs", JsonValueKind.Array, where);
        var names = list.EnumerateArray().Select(item => Named(item, "a codec", where)).ToList();
        if (names.Count is not (1 or 2) || names[0].Name != "bytes" || (names.Count == 2 && names[1].Name != "crc32c")) { Throw.IndexCodecs(where, list); }
        return (Endian(names[0].Settings, DType.U64, where), names.Count == 2);
    }

    static bool Endian(JsonElement settings, DType dtype, string where)
    {
        var endian = settings.ValueKind == JsonValueKind.Object ? ZarrJson.Optional(settings, "endian") : null;
        if (endian is null) { return dtype.ByteSize() == 1 ? false : Throw.Endian(where, "nothing"); }
        return endian.Value.ValueKind == JsonValueKind.String && endian.Value.GetString() is "little" or "big"
            ? endian.Value.GetString() == "big" && dtype.ByteSize() > 1
            : Throw.Endian(where, ZarrJson.Raw(endian.Value));
    }

    static int[] Order(JsonElement settings, int rank, string where)
    {
        if (settings.ValueKind != JsonValueKind.Object) { Throw.NoSettings(where, "transpose"); }
        if (ZarrJson.Optional(settings, "order") is { ValueKind: JsonValueKind.String } word)
        {
            // Drafts of version 3 had the words of version 2 here.
            if (word.GetString() is not ("C" or "F")) { Throw.Order(where, word, rank); }
            var axes = Enumerable.Range(0, rank);
            return [.. word.GetString() == "F" ? axes.Reverse() : axes];
        }
        var order = ZarrJson.Sizes(settings, "order", where);
        if (order.Length != rank || order.Distinct().Count() != rank || order.Any(axis => axis >= rank)) { Throw.Order(where, settings.GetProperty("order"), rank); }
        return [.. order.Select(axis => (int)axis)];
    }

    /// <summary>The second order applied to what the first made.</summary>
    static int[] Compose(int[]? first, int[] second) => first is null ? second : [.. second.Select(axis => first[axis])];

    /// <summary>A codec by its name in either version; version 3 also has numcodecs' own under a prefix.</summary>
    static ZarrCodec? OfName(string name, JsonElement settings, string where) => name switch
    {
        "gzip" or "numcodecs.gzip" => ZarrCodec.Read(ZarrCodecKind.Gzip),
        "zlib" or "numcodecs.zlib" => ZarrCodec.Read(ZarrCodecKind.Zlib),
        "zstd" or "numcodecs.zstd" => ZarrCodec.Read(ZarrCodecKind.Zstd),
        "blosc" or "numcodecs.blosc" => ZarrCodec.Read(ZarrCodecKind.Blosc, BloscCompressor(settings, where)),
        "crc32c" => ZarrCodec.Read(ZarrCodecKind.Crc32c),
        _ => null,
    };

    static string BloscCompressor(JsonElement settings, string where)
    {
        var name = settings.ValueKind == JsonValueKind.Object ? ZarrJson.Text(settings, "cname", where) : Throw.NoSettings(where, "blosc");
        return name is "blosclz" or "lz4" or "lz4hc" or "zlib" or "zstd" ? name : Throw.Blosc(where, name);
    }

    static class Throw
    {
        const string Known = "read here are gzip, zlib, zstd, blosc and, in version 3, crc32c, transpose and sharding_indexed";

        [DoesNotReturn]
        internal static ZarrCodec Unknown(string where, string name) => throw new UnsupportedCheckpointException("ZAR-2.5", where, $"codec {Quoted.Name(name)}; {Known}");

        [DoesNotReturn]
        internal static string Blosc(string where, string name) => throw new UnsupportedCheckpointException(
            "ZAR-2.5", where, $"blosc with {Quoted.Name(name)}; read here are blosclz, lz4, lz4hc, zlib and zstd");

        [DoesNotReturn]
        internal static void Filters(string where, JsonElement filters) => throw new UnsupportedCheckpointException(
            "ZAR-2.5", where, $"filters {ZarrJson.Raw(filters)}; arrays with filters are not read");

        [DoesNotReturn]
        internal static void EncodedShard(string where, ZarrCodec codec) => throw new UnsupportedCheckpointException(
            "ZAR-2.5", where, $"{codec.Kind} around a whole shard; shards are read whose chunks are encoded one by one");

        [DoesNotReturn]
        internal static void TooNested(string where) => throw new UnsupportedCheckpointException("ZAR-2.5", where, $"shards in more than {MaxNesting} shards");

        [DoesNotReturn]
        internal static void IndexCodecs(string where, JsonElement list) => throw new UnsupportedCheckpointException(
            "ZAR-2.5", where, $"index_codecs {ZarrJson.Raw(list)}; read is bytes, with or without crc32c behind it");

        [DoesNotReturn]
        internal static JsonElement NotObject(string where, string what, JsonElement found) => throw new MalformedCheckpointException(
            "ZAR-2.1", where, $"{what} is {ZarrJson.Raw(found)}, wanted is a JSON object");

        [DoesNotReturn]
        internal static void Misplaced(string where, string name) => throw new MalformedCheckpointException(
            "ZAR-2.6", where, $"codec {Quoted.Name(name)} out of order: first come transpositions, then one of bytes and sharding_indexed, then encodings of bytes");

        [DoesNotReturn]
        internal static void NoBytes(string where) => throw new MalformedCheckpointException("ZAR-2.6", where, "no codec turns elements into bytes (bytes, sharding_indexed)");

        [DoesNotReturn]
        internal static string NoSettings(string where, string name) => throw new MalformedCheckpointException("ZAR-2.6", where, $"codec {name} without a configuration");

        [DoesNotReturn]
        internal static bool Endian(string where, string found) => throw new MalformedCheckpointException("ZAR-2.6", where, $"endian is {found}, wanted is \"little\" or \"big\"");

        [DoesNotReturn]
        internal static void Order(string where, JsonElement found, int rank) => throw new MalformedCheckpointException(
            "ZAR-2.6", where, $"order {ZarrJson.Raw(found)} does not name each of {rank} axes once");

        [DoesNotReturn]
        internal static void InnerShape(string where, Shape found, int rank) => throw new MalformedCheckpointException(
            "ZAR-2.6", where, $"chunks of shape {found} in a shard of {rank} axes");

        [DoesNotReturn]
        internal static void IndexLocation(string where, string found) => throw new MalformedCheckpointException(
            "ZAR-2.6", where, $"index_location is {Quoted.Name(found)}, wanted is start or end");
    }
}
