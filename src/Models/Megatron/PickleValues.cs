using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Formats.Torch;

namespace Ckpt.Models.Megatron;

/// <summary>Python values of plain C# ones.</summary>
static class PickleValues
{
    internal static PickleNode None => PickleNone.Instance;

    internal static PickleNode Of(bool value) => new PickleBool(value);

    internal static PickleNode Of(long value) => new PickleInt(value);

    internal static PickleNode Of(double value) => new PickleFloat(value);

    internal static PickleNode Of(string value) => new PickleString(value);

    internal static PickleNode OrNone(long? value) => value is { } there ? Of(there) : None;

    internal static PickleNode OrNone(string? value) => value is { } there ? Of(there) : None;

    /// <summary>An int where the number is whole, as Python's JSON and Megatron's flags have it, else a float.</summary>
    internal static PickleNode Number(double value) => value == Math.Floor(value) && Math.Abs(value) < 1L << 53 ? Of((long)value) : Of(value);

    internal static PickleNode Of(IEnumerable<long> values)
    {
        var list = new PickleList();
        list.Items.AddRange(values.Select(Of));
        return list;
    }

    /// <summary>A flag, whole number, number or text.</summary>
    internal static PickleNode Any(object value) => value switch
    {
        bool flag => Of(flag),
        long number => Of(number),
        double number => Of(number),
        string text => Of(text),
        _ => throw new ArgumentException($"no Python value of a {value.GetType()}", nameof(value)),
    };

    /// <summary>What Python's JSON reader makes of a value.</summary>
    internal static PickleNode Of(JsonNode? node) => node?.GetValueKind() switch
    {
        null or JsonValueKind.Null => None,
        JsonValueKind.True => Of(true),
        JsonValueKind.False => Of(false),
        JsonValueKind.String => Of(node.GetValue<string>()),
        JsonValueKind.Number => node.AsValue().TryGetValue<long>(out var whole) ? Of(whole) : Of(node.GetValue<double>()),
        JsonValueKind.Array => List(node.AsArray()),
        _ => Dict(node.AsObject()),
    };

    static PickleList List(JsonArray array)
    {
        var list = new PickleList();
        list.Items.AddRange(array.Select(Of));
        return list;
    }

    static PickleDict Dict(JsonObject json)
    {
        var dict = new PickleDict();
        foreach (var (key, value) in json) { dict.Add(key, Of(value)); }
        return dict;
    }
}
