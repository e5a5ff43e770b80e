using System.Text.Json.Nodes;
using Ckpt.Models.Configs;
using Ckpt.Models.Opening;

namespace Ckpt.Cli.Export;

/// <summary>What the receipt says of the model and of the dialects it was read and written in.</summary>
static class ExportFacts
{
    /// <summary>The family first, then the facts of the direction and adapters merged, then how the source names things where there are several ways.</summary>
    internal static JsonObject Of(ModelCheckpoint model, HfConfig config, IReadOnlyList<string> adapters, JsonObject more)
    {
        var facts = new JsonObject { ["family"] = config.Family.Name };
        foreach (var (name, value) in more) { facts[name] = value?.DeepClone(); }
        if (adapters.Count > 0) { facts["merged_adapters"] = new JsonArray([.. adapters.Select(static path => JsonValue.Create(path))]); }
        var choices = model.Choices;
        if (choices.Count > 0) { facts["source_naming"] = new JsonObject([.. choices.OrderBy(static c => c.Key, StringComparer.Ordinal).Select(static c => KeyValuePair.Create<string, JsonNode?>(c.Key, c.Value))]); }
        return facts;
    }
}
