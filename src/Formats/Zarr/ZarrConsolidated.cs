using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Ckpt.Formats.Zarr;

/// <summary>The metadata of all arrays below a group, from one file: <c>.zmetadata</c>, or <c>consolidated_metadata</c> in <c>zarr.json</c>.</summary>
sealed class ZarrConsolidated
{
    readonly Dictionary<string, ZarrArray> _arrays = new(StringComparer.Ordinal);

    ZarrConsolidated(string path, long length) => (Path, Length) = (path, length);

    /// <summary>The file, below the group's folder.</summary>
    internal string Path { get; }

    /// <summary>That file's bytes.</summary>
    internal long Length { get; }

    /// <summary>The arrays listed, by their path below the group.</summary>
    internal IReadOnlyCollection<string> Names => _arrays.Keys;

    /// <summary>The array of a path, or null.</summary>
    internal ZarrArray? Find(string name) => _arrays.GetValueOrDefault(name);

    internal static ZarrConsolidated OfV2(JsonElement root, string path, long length, string where)
    {
        var version = ZarrJson.Field(root, "zarr_consolidated_format", JsonValueKind.Number, where);
        if (!version.TryGetInt64(out var found) || found != 1) { Throw.Version(where, version); }
        var result = new ZarrConsolidated(path, length);
        foreach (var item in ZarrJson.Field(root, "metadata", JsonValueKind.Object, where).EnumerateObject())
        {
            if (item.Name != ZarrArray.V2Name && !item.Name.EndsWith("/" + ZarrArray.V2Name, StringComparison.Ordinal)) { continue; }
            var name = item.Name[..^ZarrArray.V2Name.Length].TrimEnd('/');
            result.Add(name, ZarrArrayParser.ParseV2(Object(item, where), $"{where}, {item.Name}"), where);
        }
        return result;
    }

    internal static ZarrConsolidated OfV3(JsonElement all, string path, long length, string where)
    {
        if (all.ValueKind != JsonValueKind.Object || ZarrJson.Text(all, "kind", where) != "inline") { Throw.Kind(where, all); }
        var result = new ZarrConsolidated(path, length);
        foreach (var item in ZarrJson.Field(all, "metadata", JsonValueKind.Object, where).EnumerateObject())
        {
            if (ZarrJson.Text(Object(item, where), "node_type", where) == "array") { result.Add(item.Name, ZarrArrayParser.ParseV3(item.Value, $"{where}, {item.Name}"), where); }
        }
        return result;
    }

    void Add(string name, ZarrArray array, string where)
    {
        if (!_arrays.TryAdd(name, array)) { Throw.Twice(where, name); }
    }

    static JsonElement Object(JsonProperty item, string where) => item.Value.ValueKind == JsonValueKind.Object ? item.Value : Throw.NoObject(where, item);

    static class Throw
    {
        [DoesNotReturn]
        internal static void Version(string where, JsonElement found) => throw new UnsupportedCheckpointException(
            "ZAR-1.2", where, $"zarr_consolidated_format {ZarrJson.Raw(found)}, known is 1");

        [DoesNotReturn]
        internal static void Kind(string where, JsonElement found) => throw new UnsupportedCheckpointException(
            "ZAR-1.2", where, $"consolidated_metadata {ZarrJson.Raw(found)}, known is an object of the kind inline");

        [DoesNotReturn]
        internal static JsonElement NoObject(string where, JsonProperty item) => throw new MalformedCheckpointException(
            "ZAR-1.2", where, $"metadata of {Quoted.Name(item.Name)} is {ZarrJson.Raw(item.Value)}, wanted is an object");

        [DoesNotReturn]
        internal static void Twice(string where, string name) => throw new MalformedCheckpointException("ZAR-1.2", where, $"lists {Quoted.Name(name)} twice");
    }
}
