using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Unicode;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Safetensors;

/// <summary>
/// Reads a safetensors header that is already in memory, by the rules of <c>spec/safetensors.md</c> in their order. Takes at most a
/// small multiple of the header's bytes.
/// </summary>
public static class SafetensorsParser
{
    internal const string MetadataKey = "__metadata__";

    /// <summary>Reads a header.</summary>
    /// <param name="header">The bytes between the prefix and the data.</param>
    /// <param name="fileLength">Bytes of the whole file: prefix, header and data.</param>
    /// <param name="where">The file, for messages.</param>
    /// <exception cref="MalformedCheckpointException">The header breaks a clause of SFT-1 to SFT-3.</exception>
    /// <exception cref="UnsupportedCheckpointException">An element type is not known.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> header, long fileLength, string where)
    {
        if (!Utf8.IsValid(header)) { Throw.NotUtf8(where); }

        var json = new JsonCursor(header, where, "SFT-2.1", SafetensorsPrefix.Size);
        json.Next();
        if (json.Token is not JsonTokenType.StartObject) { Throw.NotAnObject(where, json.Position, json.Raw()); }

        var seen = new Dictionary<string, long>();
        var entries = new List<SafetensorsEntry>();
        var metadata = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var notes = new Notes();
        var dims = new List<long>();
        for (json.Next(); json.Token is JsonTokenType.PropertyName; json.Next())
        {
            var (name, position) = (json.Text(), json.Position);
            if (!seen.TryAdd(name, position)) { Throw.NameTwice(where, name, seen[name], position); }
            json.Next();
            if (name == MetadataKey) { notes.NullMetadata = !ReadMetadata(ref json, metadata, where); }
            else { entries.Add(ReadTensor(ref json, name, dims, notes, where)); }
        }
        json.Finish();
        return new SafetensorsHeader(
            SafetensorsRanges.Check(entries, header.Length, fileLength, where), metadata, SafetensorsPrefix.Size + header.Length, notes.Say());
    }

    static bool ReadMetadata(ref JsonCursor json, SortedDictionary<string, string> metadata, string where)
    {
        if (json.Token is JsonTokenType.Null) { return false; }
        if (json.Token is not JsonTokenType.StartObject) { Throw.Metadata(where, json.Position, json.Raw()); }
        for (json.Next(); json.Token is JsonTokenType.PropertyName; json.Next())
        {
            var (key, position) = (json.Text(), json.Position);
            json.Next();
            if (json.Token is not JsonTokenType.String) { Throw.Metadata(where, json.Position, $"{json.Raw()} under {Quoted.Name(key)}"); }
            if (!metadata.TryAdd(key, json.Text())) { Throw.MetadataTwice(where, key, position); }
        }
        return true;
    }

    static SafetensorsEntry ReadTensor(ref JsonCursor json, string name, List<long> dims, Notes notes, string where)
    {
        if (json.Token is not JsonTokenType.StartObject) { Throw.NotATensor(where, name, json.Position, json.Raw()); }
        DType? dtype = null;
        long[]? shape = null;
        (ulong Begin, ulong End)? range = null;
        for (json.Next(); json.Token is JsonTokenType.PropertyName; json.Next())
        {
            var position = json.Position;
            if (json.TextIs("dtype"u8))
            {
                if (dtype is not null) { Throw.FieldTwice(where, name, "dtype", position); }
                json.Next();
                dtype = ReadDType(ref json, name, where);
            }
            else if (json.TextIs("shape"u8))
            {
                if (shape is not null) { Throw.FieldTwice(where, name, "shape", position); }
                json.Next();
                shape = ReadShape(ref json, name, dims, where);
            }
            else if (json.TextIs("data_offsets"u8))
            {
                if (range is not null) { Throw.FieldTwice(where, name, "data_offsets", position); }
                json.Next();
                range = ReadRange(ref json, name, where);
            }
            else
            {
                notes.UnknownField(name, json.Text());
                json.Next();
                json.Skip();
            }
        }
        if (dtype is null) { Throw.NoField(where, name, "dtype"); }
        if (shape is null) { Throw.NoField(where, name, "shape"); }
        if (range is null) { Throw.NoField(where, name, "data_offsets"); }
        return new SafetensorsEntry(name, dtype.Value, shape, range.Value.Begin, range.Value.End);
    }

    static DType ReadDType(ref JsonCursor json, string name, string where)
    {
        if (json.Token is not JsonTokenType.String) { Throw.DTypeNotText(where, name, json.Position, json.Raw()); }
        var text = json.Text();
        if (!DTypes.TryParseSafetensors(text, out var dtype)) { Throw.UnknownDType(where, name, text); }
        return dtype;
    }

    static long[] ReadShape(ref JsonCursor json, string name, List<long> dims, string where)
    {
        if (json.Token is not JsonTokenType.StartArray) { Throw.Shape(where, name, json.Position, json.Raw()); }
        dims.Clear();
        for (json.Next(); json.Token is not JsonTokenType.EndArray; json.Next())
        {
            if (!json.TryUInt64(out var dim)) { Throw.Shape(where, name, json.Position, json.Raw()); }
            dims.Add(unchecked((long)dim)); // past 63 bits it turns negative, which SFT-3.2 refuses in its turn
        }
        return dims.Count == 0 ? [] : dims.ToArray();
    }

    static (ulong Begin, ulong End) ReadRange(ref JsonCursor json, string name, string where)
    {
        if (json.Token is not JsonTokenType.StartArray) { Throw.Range(where, name, json.Position, json.Raw()); }
        json.Next();
        if (!json.TryUInt64(out var begin)) { Throw.Range(where, name, json.Position, json.Raw()); }
        json.Next();
        if (!json.TryUInt64(out var end)) { Throw.Range(where, name, json.Position, json.Raw()); }
        json.Next();
        if (json.Token is not JsonTokenType.EndArray) { Throw.Range(where, name, json.Position, json.Raw()); }
        return (begin, end);
    }

    /// <summary>What is worth a warning, counted so that a hostile header cannot make a long list of it.</summary>
    sealed class Notes
    {
        long _unknownFields;
        string _first = "";

        internal bool NullMetadata { get; set; }

        internal void UnknownField(string tensor, string field)
        {
            if (_unknownFields++ == 0) { _first = $"{Quoted.Name(field)} of tensor {Quoted.Name(tensor)}"; }
        }

        internal string[] Say()
        {
            var said = new List<string>();
            if (NullMetadata) { said.Add("__metadata__ is null, read as none"); }
            if (_unknownFields > 0) { said.Add($"{_unknownFields} unknown fields in tensor entries are ignored, the first is {_first}"); }
            return [.. said];
        }
    }

    static class Throw
    {
        static readonly string s_dtypes = string.Join(", ", DTypes.All.Select(t => t.SafetensorsName()).OfType<string>());

        [DoesNotReturn]
        internal static void NotUtf8(string where) => throw new MalformedCheckpointException("SFT-1.4", where, "the header is not UTF-8");

        [DoesNotReturn]
        internal static void NotAnObject(string where, long position, string found) => throw new MalformedCheckpointException(
            "SFT-2.2", where, $"the header is one JSON object; at byte {position} stands {found}");

        [DoesNotReturn]
        internal static void NameTwice(string where, string name, long first, long second) => throw new MalformedCheckpointException(
            "SFT-2.3", where, $"key {Quoted.Name(name)} stands at byte {first} and again at byte {second}");

        [DoesNotReturn]
        internal static void Metadata(string where, long position, string found) => throw new MalformedCheckpointException(
            "SFT-2.4", where, $"{MetadataKey} maps strings to strings; at byte {position} stands {found}");

        [DoesNotReturn]
        internal static void MetadataTwice(string where, string key, long position) => throw new MalformedCheckpointException(
            "SFT-2.5", where, $"key {Quoted.Name(key)} of {MetadataKey} stands a second time at byte {position}");

        [DoesNotReturn]
        internal static void NotATensor(string where, string name, long position, string found) => throw new MalformedCheckpointException(
            "SFT-2.6", where, $"tensor {Quoted.Name(name)} is an object; at byte {position} stands {found}");

        [DoesNotReturn]
        internal static void NoField(string where, string name, string field) => throw new MalformedCheckpointException(
            "SFT-2.7", where, $"tensor {Quoted.Name(name)} has no {field}");

        [DoesNotReturn]
        internal static void FieldTwice(string where, string name, string field, long position) => throw new MalformedCheckpointException(
            "SFT-2.8", where, $"tensor {Quoted.Name(name)} has {field} a second time at byte {position}");

        [DoesNotReturn]
        internal static void DTypeNotText(string where, string name, long position, string found) => throw new MalformedCheckpointException(
            "SFT-2.9", where, $"dtype of tensor {Quoted.Name(name)} is a string; at byte {position} stands {found}");

        [DoesNotReturn]
        internal static void UnknownDType(string where, string name, string dtype) => throw new UnsupportedCheckpointException(
            "SFT-2.10", where, $"tensor {Quoted.Name(name)} has dtype {Quoted.Name(dtype)}; known are {s_dtypes}");

        [DoesNotReturn]
        internal static void Shape(string where, string name, long position, string found) => throw new MalformedCheckpointException(
            "SFT-2.11", where, $"shape of tensor {Quoted.Name(name)} is an array of integers from 0 to 2^64-1; at byte {position} stands {found}");

        [DoesNotReturn]
        internal static void Range(string where, string name, long position, string found) => throw new MalformedCheckpointException(
            "SFT-2.12", where, $"data_offsets of tensor {Quoted.Name(name)} are two integers from 0 to 2^64-1; at byte {position} stands {found}");
    }
}
