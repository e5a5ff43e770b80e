using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>JSON as json.loads gives it to a template.</summary>
static class JinjaJsonValue
{
    // The depth is the document's own: System.Text.Json refuses what is deeper than it was told.
    internal static JinjaValue Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => new JinjaString(element.GetString()!),
        JsonValueKind.True => JinjaBool.True,
        JsonValueKind.False => JinjaBool.False,
        JsonValueKind.Number => Number(element.GetRawText()),
        JsonValueKind.Array => new JinjaList([.. element.EnumerateArray().Select(Of)]),
        JsonValueKind.Object => Dict(element),
        _ => JinjaNone.Instance,
    };

    static JinjaDict Dict(JsonElement element)
    {
        var dict = new JinjaDict();
        foreach (var member in element.EnumerateObject()) { dict.Items[new JinjaString(member.Name)] = Of(member.Value); }
        return dict;
    }

    static JinjaValue Number(string text) => text.AsSpan().IndexOfAny(".eE") < 0 && text.Length < 4300
        ? new JinjaInt(BigInteger.Parse(text, CultureInfo.InvariantCulture))
        : new JinjaFloat(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture));
}
