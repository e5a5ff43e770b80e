using System.Text.Json.Nodes;
using Ckpt.Formats.Torch;

namespace Ckpt.Models.Megatron.State;

/// <summary>A run's arguments as JSON: plain values as they are, anything else left out.</summary>
static class StateJson
{
    const int Deepest = 16;

    internal static JsonObject Of(PickleDict dict) => Object(dict, 0);

    static JsonObject Object(PickleDict dict, int depth)
    {
        var json = new JsonObject();
        foreach (var (key, value) in dict.Items)
        {
            if (key is PickleString { Value: var name } && TryValue(value, depth, out var made)) { json[name] = made; }
        }
        return json;
    }

    static bool TryValue(PickleNode node, int depth, out JsonNode? made)
    {
        made = null;
        switch (node)
        {
            case PickleNone: return true;
            case PickleBool flag: made = flag.Value; return true;
            case PickleInt number when number.Value >= long.MinValue && number.Value <= long.MaxValue: made = (long)number.Value; return true;
            case PickleFloat number when double.IsFinite(number.Value): made = number.Value; return true;
            case PickleString text: made = text.Value; return true;
            case PickleList list when depth < Deepest: made = Array(list.Items, depth + 1); return true;
            case PickleTuple tuple when depth < Deepest: made = Array(tuple.Items, depth + 1); return true;
            case PickleDict dict when depth < Deepest: made = Object(dict, depth + 1); return true;
            default: return false;
        }
    }

    static JsonArray Array(IReadOnlyList<PickleNode> items, int depth)
    {
        var array = new JsonArray();
        foreach (var item in items) { array.Add(TryValue(item, depth, out var made) ? made : null); }
        return array;
    }
}
