using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Safetensors;

/// <summary>Says a header as the reference writer does, byte for byte: prefix, compact JSON, spaces up to a multiple of eight.</summary>
static class SafetensorsHeaderText
{
    static readonly SearchValues<char> s_escaped = SearchValues.Create("\"\\" + string.Concat(Enumerable.Range(0, 0x20).Select(c => (char)c)));

    /// <summary>Prefix and header of a file that holds these tensors in this order.</summary>
    internal static byte[] Of(IEnumerable<TensorTarget> ordered, IReadOnlyDictionary<string, string> metadata, string where)
    {
        var text = new ArrayBufferWriter<byte>();
        Append(text, "\0\0\0\0\0\0\0\0{"); // the prefix is filled in once the length is known
        var separator = "";
        if (metadata.Count > 0)
        {
            AppendMetadata(text, metadata, where);
            separator = ",";
        }
        var begin = 0L;
        foreach (var tensor in ordered)
        {
            var end = checked(begin + tensor.DType.ByteLength(tensor.Shape.Count));
            Append(text, separator);
            AppendString(text, tensor.Name);
            Append(text, string.Create(CultureInfo.InvariantCulture, $":{{\"dtype\":\"{tensor.DType.SafetensorsName()}\",\"shape\":[{string.Join(',', tensor.Shape.ToArray())}],\"data_offsets\":[{begin},{end}]}}"));
            (begin, separator) = (end, ",");
        }
        Append(text, "}");
        return Frame(text.WrittenSpan, where);
    }

    static void AppendMetadata(ArrayBufferWriter<byte> text, IReadOnlyDictionary<string, string> metadata, string where)
    {
        var separator = $"\"{SafetensorsParser.MetadataKey}\":{{";
        foreach (var (key, value) in metadata.OrderBy(e => e.Key, CodePointOrder.Instance))
        {
            if (!SafetensorsWriter.IsUnicode(key) || !SafetensorsWriter.IsUnicode(value)) { Throw.NotUnicode(where, key); }
            Append(text, separator);
            AppendString(text, key);
            Append(text, ":");
            AppendString(text, value);
            separator = ",";
        }
        Append(text, "}");
    }

    static byte[] Frame(ReadOnlySpan<byte> text, string where)
    {
        var padded = (text.Length + 7L) / 8 * 8; // the prefix has eight bytes, so both lengths are padded alike
        if (padded - SafetensorsPrefix.Size > SafetensorsPrefix.MaxHeader) { Throw.TooLong(where, padded - SafetensorsPrefix.Size); }
        var frame = new byte[padded];
        text.CopyTo(frame);
        frame.AsSpan(text.Length).Fill((byte)' ');
        BinaryPrimitives.WriteInt64LittleEndian(frame, padded - SafetensorsPrefix.Size);
        return frame;
    }

    /// <summary>As serde_json: what JSON must escape, with the short form where there is one, and all else as it is.</summary>
    static void AppendString(ArrayBufferWriter<byte> text, string value)
    {
        Append(text, "\"");
        var rest = value.AsSpan();
        for (var at = rest.IndexOfAny(s_escaped); at >= 0; at = rest.IndexOfAny(s_escaped))
        {
            Append(text, rest[..at]);
            Append(text, rest[at] switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\b' => "\\b",
                '\f' => "\\f",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                var control => $"\\u{(int)control:x4}",
            });
            rest = rest[(at + 1)..];
        }
        Append(text, rest);
        Append(text, "\"");
    }

    static void Append(ArrayBufferWriter<byte> text, ReadOnlySpan<char> part) => Encoding.UTF8.GetBytes(part, text);

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
