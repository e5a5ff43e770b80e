using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Unicode;
using Ckpt.Formats.IO;

namespace Ckpt.Formats.Zarr;

/// <summary>Metadata files as checked JSON, and the values in them; whatever is not of the kind wanted breaks a clause.</summary>
static class ZarrJson
{
    /// <summary>Bytes of a metadata file at most: consolidated, 100,000 arrays take about 60 MB.</summary>
    internal const int MaxLength = 1 << 28;

    const int MaxAxes = 64;

    /// <summary>A file's text as an object.</summary>
    internal static JsonElement Parse(ReadOnlyMemory<byte> text, string where)
    {
        if (!Utf8.IsValid(text.Span)) { Throw.NotUtf8(where); }
        var cursor = new JsonCursor(text.Span, where, "ZAR-1.1", 0);
        cursor.Next();
        cursor.Skip();
        cursor.Finish();
        var root = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = JsonCursor.MaxDepth }).RootElement;
        return root.ValueKind == JsonValueKind.Object ? root : Throw.Kind(where, "the whole", root, "an object", "ZAR-1.1");
    }

    /// <summary>Reads a metadata file.</summary>
    internal static byte[] ReadFile(string path)
    {
        using var file = new FileByteSource(path);
        if (file.Length > MaxLength) { Throw.TooLong(path, file.Length); }
        var text = new byte[file.Length];
        file.ReadExactly(0, text);
        return text;
    }

    /// <summary>A field that must be there, of this kind.</summary>
    internal static JsonElement Field(JsonElement parent, string name, JsonValueKind kind, string where)
    {
        if (!parent.TryGetProperty(name, out var value)) { Throw.Missing(where, name); }
        return value.ValueKind == kind ? value : Throw.Kind(where, name, value, $"a JSON {kind}", "ZAR-2.1");
    }

    /// <summary>A field that may be missing or null.</summary>
    internal static JsonElement? Optional(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    internal static string Text(JsonElement parent, string name, string where) => Field(parent, name, JsonValueKind.String, where).GetString()!;

    /// <summary>Sizes of axes: whole numbers from 0, at most 64 of them.</summary>
    internal static long[] Sizes(JsonElement parent, string name, string where)
    {
        var list = Field(parent, name, JsonValueKind.Array, where);
        if (list.GetArrayLength() > MaxAxes) { Throw.Axes(where, name, list.GetArrayLength()); }
        var sizes = new long[list.GetArrayLength()];
        for (var i = 0; i < sizes.Length; i++)
        {
            if (list[i].ValueKind != JsonValueKind.Number || !list[i].TryGetInt64(out sizes[i]) || sizes[i] < 0) { Throw.Kind(where, $"{name}[{i}]", list[i], "a whole number from 0", "ZAR-2.1"); }
        }
        return sizes;
    }

    /// <summary>A value as it is written, short enough for a message.</summary>
    internal static string Raw(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length <= 60 ? text : text[..60] + "…";
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NotUtf8(string where) => throw new MalformedCheckpointException("ZAR-1.1", where, "is no UTF-8");

        [DoesNotReturn]
        internal static void TooLong(string where, long length) => throw new MalformedCheckpointException("ZAR-1.1", where, $"has {length} bytes, metadata has at most {MaxLength}");

        [DoesNotReturn]
        internal static void Missing(string where, string name) => throw new MalformedCheckpointException("ZAR-2.1", where, $"has no {name}");

        [DoesNotReturn]
        internal static JsonElement Kind(string where, string name, JsonElement found, string wanted, string clause) =>
            throw new MalformedCheckpointException(clause, where, $"{name} is {Raw(found)}, wanted is {wanted}");

        [DoesNotReturn]
        internal static void Axes(string where, string name, int found) => throw new MalformedCheckpointException("ZAR-2.1", where, $"{name} has {found} axes, at most {MaxAxes} are read");
    }
}
