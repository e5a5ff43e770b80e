using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Unicode;
using Ckpt.Formats.IO;

namespace Ckpt.Formats.Safetensors;

/// <summary>Reads the index of a set of safetensors files: <c>metadata.total_size</c> and <c>weight_map</c>; other keys are skipped.</summary>
static class SafetensorsIndexParser
{
    /// <summary>The longest index that is read; one of 100,000 tensors has about 10 MB.</summary>
    internal const int MaxLength = SafetensorsPrefix.MaxHeader;

    internal static SafetensorsIndex Parse(ReadOnlySpan<byte> text, string where)
    {
        var mark = text.StartsWith("\uFEFF"u8);
        if (mark) { text = text[3..]; }
        if (!Utf8.IsValid(text)) { Throw.NotUtf8(where); }

        var json = new JsonCursor(text, where, "SFT-5.2", mark ? 3 : 0);
        json.Next();
        if (json.Token is not JsonTokenType.StartObject) { Throw.NotAnObject(where, "the index", json.Raw()); }
        string? totalSize = null;
        Dictionary<string, string>? map = null;
        var hasMetadata = false;
        for (json.Next(); json.Token is JsonTokenType.PropertyName; json.Next())
        {
            var (key, position) = (json.Text(), json.Position);
            json.Next();
            if (key == "weight_map")
            {
                if (map is not null) { Throw.Twice(where, key, position); }
                map = ReadMap(ref json, where);
            }
            else if (key == "metadata")
            {
                if (hasMetadata) { Throw.Twice(where, key, position); }
                hasMetadata = true;
                totalSize = ReadTotalSize(ref json, where);
            }
            else { json.Skip(); }
        }
        json.Finish();
        if (map is null || map.Count == 0) { Throw.NoMap(where); }
        return Number(map, totalSize, mark);
    }

    static SafetensorsIndex Number(Dictionary<string, string> map, string? totalSize, bool mark)
    {
        var files = map.Values.Distinct().Order(StringComparer.Ordinal).ToArray();
        var number = new Dictionary<string, int>(files.Length);
        for (var i = 0; i < files.Length; i++) { number.Add(files[i], i); }
        var fileOf = new Dictionary<string, int>(map.Count);
        foreach (var (name, file) in map) { fileOf.Add(name, number[file]); }
        return new SafetensorsIndex(files, fileOf, totalSize, mark);
    }

    static Dictionary<string, string> ReadMap(ref JsonCursor json, string where)
    {
        if (json.Token is not JsonTokenType.StartObject) { Throw.NotAnObject(where, "weight_map", json.Raw()); }
        var map = new Dictionary<string, string>();
        var files = new Dictionary<string, string>(); // one string for each file, not for each tensor
        for (json.Next(); json.Token is JsonTokenType.PropertyName; json.Next())
        {
            var (name, position) = (json.Text(), json.Position);
            json.Next();
            if (json.Token is not JsonTokenType.String) { Throw.NotAFile(where, name, json.Raw()); }
            var file = json.Text();
            if (!files.TryGetValue(file, out var known))
            {
                if (!IsInside(file)) { Throw.Outside(where, name, file); }
                files.Add(file, known = file);
            }
            if (!map.TryAdd(name, known)) { Throw.Twice(where, name, position); }
        }
        return map;
    }

    static string? ReadTotalSize(ref JsonCursor json, string where)
    {
        if (json.Token is not JsonTokenType.StartObject) { json.Skip(); return null; }
        string? totalSize = null;
        for (json.Next(); json.Token is JsonTokenType.PropertyName; json.Next())
        {
            var (isTotal, position) = (json.TextIs("total_size"u8), json.Position);
            json.Next();
            if (isTotal)
            {
                if (totalSize is not null) { Throw.Twice(where, "total_size", position); }
                totalSize = json.Raw();
            }
            json.Skip();
        }
        return totalSize;
    }

    /// <summary>Whether a file name stays in the index's folder on every system: no root, no drive, no "..".</summary>
    static bool IsInside(string file)
    {
        if (file.AsSpan().IndexOfAny('\\', ':', '\0') >= 0) { return false; }
        foreach (var part in file.Split('/'))
        {
            if (part is "" or "." or "..") { return false; }
        }
        return true;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NotUtf8(string where) => throw new MalformedCheckpointException("SFT-5.2", where, "the index is not UTF-8");

        [DoesNotReturn]
        internal static void NotAnObject(string where, string what, string found) => throw new MalformedCheckpointException(
            "SFT-5.3", where, $"{what} is a JSON object; found {found}");

        [DoesNotReturn]
        internal static void NoMap(string where) => throw new MalformedCheckpointException("SFT-5.3", where, "weight_map names no tensor");

        [DoesNotReturn]
        internal static void NotAFile(string where, string name, string found) => throw new MalformedCheckpointException(
            "SFT-5.3", where, $"weight_map gives a file name for each tensor; for {Quoted.Name(name)} it gives {found}");

        [DoesNotReturn]
        internal static void Twice(string where, string key, long position) => throw new MalformedCheckpointException(
            "SFT-5.4", where, $"key {Quoted.Name(key)} stands a second time at byte {position}");

        [DoesNotReturn]
        internal static void Outside(string where, string name, string file) => throw new MalformedCheckpointException(
            "SFT-5.5", where, $"tensor {Quoted.Name(name)} is said to lie in {Quoted.Name(file)}; a file lies below the index's folder, written with '/'");
    }
}
