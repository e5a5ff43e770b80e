using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Safetensors;

/// <summary>Says a header as the reference writer does, byte for byte: prefix, compact JSON, spaces up to a multiple of eight.</summary>
static class SafetensorsHeaderText
{
    /// <summary>Prefix and header of a file that holds these tensors in this order.</summary>
    internal static byte[] Of(IEnumerable<TensorTarget> ordered, IReadOnlyDictionary<string, string> metadata, string where)
    {
        var json = new StringBuilder("{");
        if (metadata.Count > 0) { AppendMetadata(json, metadata, where); }
        var begin = 0L;
        foreach (var tensor in ordered)
        {
            if (json.Length > 1) { json.Append(','); }
            var end = checked(begin + tensor.DType.ByteLength(tensor.Shape.Count));
            AppendString(json, tensor.Name);
            json.Append(":{\"dtype\":\"").Append(tensor.DType.SafetensorsName()).Append("\",\"shape\":[")
                .AppendJoin(',', tensor.Shape.ToArray()).Append(CultureInfo.InvariantCulture, $"],\"data_offsets\":[{begin},{end}]}}");
            begin = end;
        }
        return Frame(json.Append('}').ToString(), where);
    }

    static void AppendMetadata(StringBuilder json, IReadOnlyDictionary<string, string> metadata, string where)
    {
        json.Append('"').Append(SafetensorsParser.MetadataKey).Append("\":{");
        var first = true;
        foreach (var (key, value) in metadata.OrderBy(e => e.Key, CodePointOrder.Instance))
        {
            if (!SafetensorsWriter.IsUnicode(key) || !SafetensorsWriter.IsUnicode(value)) { Throw.NotUnicode(where, key); }
            if (!first) { json.Append(','); }
            first = false;
            AppendString(json, key);
            AppendString(json.Append(':'), value);
        }
        json.Append('}');
    }

    static byte[] Frame(string json, string where)
    {
        var length = Encoding.UTF8.GetByteCount(json);
        var padded = (length + 7L) / 8 * 8;
        if (padded > SafetensorsPrefix.MaxHeader) { Throw.TooLong(where, padded); }
        var frame = new byte[SafetensorsPrefix.Size + padded];
        BinaryPrimitives.WriteUInt64LittleEndian(frame, (ulong)padded);
        Encoding.UTF8.GetBytes(json, frame.AsSpan(SafetensorsPrefix.Size));
        frame.AsSpan(SafetensorsPrefix.Size + length).Fill((byte)' ');
        return frame;
    }

    /// <summary>As serde_json: what JSON must escape, with the short form where there is one, and all else as it is.</summary>
    static void AppendString(StringBuilder json, string text)
    {
        json.Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\b' => json.Append("\\b"),
                '\f' => json.Append("\\f"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                < ' ' => json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => json.Append(c),
            };
        }
        json.Append('"');
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void TooLong(string where, long length) => throw new UnsupportedCheckpointException(
            "SFT-4.7", where, $"its header would have {length} bytes, readers take {SafetensorsPrefix.MaxHeader}; less metadata or more files would help");

        [DoesNotReturn]
        internal static void NotUnicode(string where, string key) => throw new UnsupportedCheckpointException(
            "SFT-4.8", where, $"the metadata under {Quoted.Name(key)} is not Unicode");
    }
}
