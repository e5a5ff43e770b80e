using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ckpt.Cli.Output;

/// <summary>JSON as it is printed: indented, and with letters of all languages as they are.</summary>
static class JsonText
{
    static readonly JsonWriterOptions s_options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The text, without a newline at its end.</summary>
    internal static string Of(JsonObject json) => Written(json, s_options);

    /// <summary>The same in one line.</summary>
    internal static string Line(JsonObject json) => Written(json, s_options with { Indented = false });

    static string Written(JsonObject json, JsonWriterOptions options)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, options)) { json.WriteTo(writer); }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
