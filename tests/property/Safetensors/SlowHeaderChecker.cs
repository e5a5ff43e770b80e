using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Ckpt.Formats.Tensors;

namespace Ckpt.PropertyTests.Safetensors;

/// <summary>
/// The clauses SFT-1 to SFT-3 once more, written plainly over a document tree and big integers: what the parser accepts must be
/// what this accepts, and mean the same.
/// </summary>
static class SlowHeaderChecker
{
    /// <summary>The tensors as lines of text in the parser's order, or null where the file must be refused.</summary>
    internal static List<string>? Tensors(byte[] file)
    {
        if (file.Length < 8) { return null; }
        var n = BinaryPrimitives.ReadUInt64LittleEndian(file);
        if (n > 100_000_000 || n + 8 > (ulong)file.Length) { return null; }
        try
        {
            var text = new UTF8Encoding(false, true).GetString(file, 8, (int)n);
            if (text.StartsWith('\uFEFF')) { return null; }
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 127 });
            return EveryTokenIsFine(document.RootElement) ? Ranges(document.RootElement, file.Length - 8 - (int)n) : null;
        }
        catch (Exception fault) when (fault is JsonException or DecoderFallbackException or InvalidOperationException)
        {
            return null; // InvalidOperationException: half a surrogate pair
        }
    }

    static bool EveryTokenIsFine(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().All(p => p.Name is not null && EveryTokenIsFine(p.Value)),
        JsonValueKind.Array => value.EnumerateArray().All(EveryTokenIsFine),
        JsonValueKind.String => value.GetString() is not null,
        JsonValueKind.Number => double.IsFinite(value.GetDouble()),
        _ => true,
    };

    static List<string>? Ranges(JsonElement root, int dataLength)
    {
        if (root.ValueKind != JsonValueKind.Object) { return null; }
        var names = new HashSet<string>();
        var tensors = new List<(string Name, DType DType, List<BigInteger> Dims, BigInteger Begin, BigInteger End)>();
        foreach (var entry in root.EnumerateObject())
        {
            if (!names.Add(entry.Name)) { return null; }
            if (entry.Name == "__metadata__")
            {
                if (!IsMetadata(entry.Value)) { return null; }
                continue;
            }
            if (entry.Value.ValueKind != JsonValueKind.Object) { return null; }
            var fields = entry.Value.EnumerateObject().Where(f => f.Name is "dtype" or "shape" or "data_offsets").ToList();
            if (fields.Count != 3 || fields.Select(f => f.Name).Distinct().Count() != 3) { return null; }
            var dtype = fields.Single(f => f.Name == "dtype").Value;
            if (dtype.ValueKind != JsonValueKind.String || !DTypes.TryParseSafetensors(dtype.GetString()!, out var known)) { return null; }
            if (Integers(fields.Single(f => f.Name == "shape").Value) is not { } dims) { return null; }
            if (Integers(fields.Single(f => f.Name == "data_offsets").Value) is not { Count: 2 } offsets) { return null; }
            tensors.Add((entry.Name, known, dims, offsets[0], offsets[1]));
        }

        var end = BigInteger.Zero;
        var lines = new List<string>();
        foreach (var (name, dtype, dims, from, to) in tensors.OrderBy(t => t.Begin).ThenBy(t => t.End))
        {
            var bits = dims.Aggregate((BigInteger)dtype.BitSize(), (product, dim) => product * dim);
            if (from != end || to < from || dims.Any(d => d > long.MaxValue) || bits > ulong.MaxValue || bits != (to - from) * 8) { return null; }
            end = to;
            lines.Add($"{name} {dtype} [{string.Join(", ", dims)}] {from} {to}");
        }
        return end == dataLength ? lines : null;
    }

    static bool IsMetadata(JsonElement value) => value.ValueKind == JsonValueKind.Null
        || (value.ValueKind == JsonValueKind.Object
            && value.EnumerateObject().All(p => p.Value.ValueKind == JsonValueKind.String)
            && value.EnumerateObject().Select(p => p.Name).Distinct().Count() == value.EnumerateObject().Count());

    static List<BigInteger>? Integers(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array) { return null; }
        var numbers = new List<BigInteger>();
        foreach (var element in value.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.GetRawText().All(char.IsAsciiDigit)) { return null; }
            var number = BigInteger.Parse(element.GetRawText(), System.Globalization.CultureInfo.InvariantCulture);
            if (number > ulong.MaxValue) { return null; }
            numbers.Add(number);
        }
        return numbers;
    }
}
