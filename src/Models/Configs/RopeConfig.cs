using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ckpt.Models.Configs;

/// <summary>
/// Reads what config.json says of rotary embeddings: transformers 5 keeps all of it in <c>rope_parameters</c>, with one object a kind of
/// layer where they differ; transformers 4 has <c>rope_scaling</c> and keys of the config itself.
/// </summary>
static class RopeConfig
{
    const string Theta5 = "rope_theta";
    const string Partial5 = "partial_rotary_factor";

    internal static double Theta(ConfigReader reader, ConfigRules rules) =>
        Parameters(reader)?.OptionalPositive(Theta5)
        ?? reader.OptionalPositive(Theta5)
        ?? reader.OptionalObject("rope_scaling")?.OptionalPositive(Theta5)
        ?? rules.RopeTheta;

    internal static double? LocalTheta(ConfigReader reader) =>
        reader.OptionalObject("rope_parameters")?.OptionalObject("sliding_attention")?.OptionalPositive(Theta5) ?? reader.OptionalPositive("rope_local_base_freq");

    internal static JsonObject? Scaling(ConfigReader reader)
    {
        var scaling = (Parameters(reader) ?? reader.OptionalObject("rope_scaling"))?.ToNode();
        if (scaling is null) { return null; }
        scaling.Remove(Theta5);
        scaling.Remove(Partial5);
        var kind = scaling["rope_type"] ?? scaling["type"];
        return scaling.Count == 0 || (scaling.Count == 1 && kind?.GetValueKind() == JsonValueKind.String && kind.GetValue<string>() == "default") ? null : scaling;
    }

    internal static double Partial(ConfigReader reader, ConfigRules rules, long headDim) =>
        Parameters(reader)?.OptionalPositive(Partial5)
        ?? reader.OptionalPositive(Partial5)
        ?? ((double?)reader.OptionalSize("rotary_dim") / headDim)
        ?? rules.PartialRotary;

    // A one is a layer that has rotary embeddings: transformers SmolLM3Config, Llama4TextConfig.
    internal static IReadOnlySet<int> NoRopeLayers(ConfigReader reader, ConfigRules rules, int layers)
    {
        if (rules.NoRopeStep == 0) { return new HashSet<int>(); }
        if (reader.OptionalList("no_rope_layers") is { Count: > 0 } list) { return list.Index().Where(layer => layer.Item == 0 && layer.Index < layers).Select(layer => layer.Index).ToHashSet(); }
        var step = reader.OptionalSize("no_rope_layer_interval") ?? rules.NoRopeStep;
        return Enumerable.Range(0, layers).Where(layer => (layer + 1) % step == 0).ToHashSet();
    }

    /// <summary>The object of the layers of full attention, where kinds differ.</summary>
    static ConfigReader? Parameters(ConfigReader reader)
    {
        var all = reader.OptionalObject("rope_parameters");
        return all is not null && all.Has("full_attention") ? all.OptionalObject("full_attention") : all;
    }
}
