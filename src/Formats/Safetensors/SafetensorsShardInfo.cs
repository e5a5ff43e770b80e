using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Safetensors;

/// <summary>
/// Where the tensors of a file lie in the whole tensors they are parts of: the header's <c>DCP_SHARDING_INFO</c>. Source:
/// torch/distributed/checkpoint/_hf_utils.py and filesystem.py.
/// </summary>
static class SafetensorsShardInfo
{
    internal const string Key = "DCP_SHARDING_INFO";
    const int MostAxes = 64;

    /// <summary>The box of each of the header's tensors, in their order; from the origin where the header does not say.</summary>
    /// <exception cref="MalformedCheckpointException">TDC-7.1: it says it wrongly.</exception>
    internal static Box[] Boxes(SafetensorsHeader header, string where)
    {
        var offsets = header.Metadata.TryGetValue(Key, out var text) ? Parse(text, where) : null;
        var boxes = new Box[header.Tensors.Count];
        for (var i = 0; i < boxes.Length; i++)
        {
            var tensor = header.Tensors[i];
            var size = tensor.Shape.ToArray();
            if (offsets is null) { boxes[i] = new Box(new long[size.Length], size); continue; }
            if (!offsets.TryGetValue(tensor.Name, out var offset)) { Throw.NoOffsets(where, tensor.Name); }
            if (offset.Length != size.Length) { Throw.Axes(where, tensor.Name, offset.Length, tensor.Shape); }
            for (var axis = 0; axis < size.Length; axis++)
            {
                if (offset[axis] > long.MaxValue - size[axis]) { Throw.Outside(where, tensor.Name, offset[axis]); }
            }
            boxes[i] = new Box(offset, size);
        }
        return boxes;
    }

    static Dictionary<string, long[]> Parse(string text, string where)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var json = new JsonCursor(utf8, $"{where}, {Key}", "TDC-7.1", 0);
        json.Next();
        if (json.Token is not JsonTokenType.StartObject) { Throw.Form(where, json.Raw()); }
        var offsets = new Dictionary<string, long[]>(StringComparer.Ordinal);
        for (json.Next(); json.Token is JsonTokenType.PropertyName; json.Next())
        {
            var name = json.Text();
            json.Next();
            if (json.Token is not JsonTokenType.StartObject) { Throw.Form(where, json.Raw()); }
            for (json.Next(); json.Token is JsonTokenType.PropertyName; json.Next())
            {
                var isOffsets = json.TextIs("saved_offsets"u8);
                json.Next();
                if (!isOffsets) { json.Skip(); }
                else if (!offsets.TryAdd(name, List(ref json, name, where))) { Throw.Twice(where, name); }
            }
        }
        json.Finish();
        return offsets;
    }

    static long[] List(ref JsonCursor json, string name, string where)
    {
        if (json.Token is not JsonTokenType.StartArray) { Throw.Form(where, json.Raw()); }
        var values = new List<long>();
        for (json.Next(); json.Token is not JsonTokenType.EndArray; json.Next())
        {
            if (!json.TryUInt64(out var value) || value > long.MaxValue || values.Count == MostAxes) { Throw.Number(where, name, json.Raw()); }
            values.Add((long)value);
        }
        return [.. values];
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Form(string where, string found) => throw new MalformedCheckpointException(
            "TDC-7.1", where, $"{Key} is an object of objects with a list saved_offsets each; found {found}");

        [DoesNotReturn]
        internal static void Number(string where, string name, string found) => throw new MalformedCheckpointException(
            "TDC-7.1", where, $"saved_offsets of {Quoted.Name(name)} are up to {MostAxes} numbers from 0 on; found {found}");

        [DoesNotReturn]
        internal static void Twice(string where, string name) => throw new MalformedCheckpointException(
            "TDC-7.1", where, $"{Key} gives saved_offsets of {Quoted.Name(name)} twice");

        [DoesNotReturn]
        internal static void NoOffsets(string where, string name) => throw new MalformedCheckpointException(
            "TDC-7.1", where, $"{Key} gives no saved_offsets of {Quoted.Name(name)}, which the file holds");

        [DoesNotReturn]
        internal static void Axes(string where, string name, int found, Shape shape) => throw new MalformedCheckpointException(
            "TDC-7.1", where, $"saved_offsets of {Quoted.Name(name)} has {found} numbers, the tensor is {shape}");

        [DoesNotReturn]
        internal static void Outside(string where, string name, long offset) => throw new MalformedCheckpointException(
            "TDC-7.1", where, $"saved_offsets of {Quoted.Name(name)} has {offset}: with the tensor's size past 2^63");
    }
}
