using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Ckpt.Formats.IO;
using Ckpt.Formats.Safetensors;

namespace Ckpt.Verify.Doctoring;

/// <summary>Writes <c>format: pt</c> into the spaces that a safetensors header has, or gains by being written compactly; the data stays where it is.</summary>
static class FormatEntry
{
    const int PrefixBytes = 8;

    /// <summary>Prefix and header with the entry, as long as before; null where there is no room.</summary>
    internal static byte[]? Add(IByteSource source, SafetensorsHeader header)
    {
        var before = new byte[header.DataOffset];
        source.ReadExactly(0, before);
        var text = new ArrayBufferWriter<byte>(before.Length);
        using (var json = new Utf8JsonWriter(text, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            using var old = JsonDocument.Parse(before.AsMemory(PrefixBytes));
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString("format", "pt");
            foreach (var (key, value) in header.Metadata.OrderBy(static entry => entry.Key, StringComparer.Ordinal)) { json.WriteString(key, value); }
            json.WriteEndObject();
            foreach (var tensor in old.RootElement.EnumerateObject())
            {
                if (tensor.Name != "__metadata__") { tensor.WriteTo(json); }
            }
            json.WriteEndObject();
        }
        if (text.WrittenCount > before.Length - PrefixBytes) { return null; }
        var after = new byte[before.Length];
        Array.Fill(after, (byte)' ');
        BinaryPrimitives.WriteInt64LittleEndian(after, after.Length - PrefixBytes);
        text.WrittenSpan.CopyTo(after.AsSpan(PrefixBytes));
        return after;
    }
}
