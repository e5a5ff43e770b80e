using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Models.Configs;

namespace Ckpt.Models.Quantisation;

/// <summary>Reads <c>quantization_config</c>: that of transformers 4 and 5, and of compressed-tensors under either of its keys.</summary>
static class QuantConfigParser
{
    static readonly string[] s_keys = ["quantization_config", "compression_config"];
    static readonly string[] s_strategies = ["tensor", "channel", "group", "tensor_group", "block"];
    static readonly string[] s_formats =
        ["pack-quantized", "int-quantized", "naive-quantized", "float-quantized", "nvfp4-pack-quantized", "mxfp4-pack-quantized"];

    internal static QuantConfig? Parse(HfConfig config)
    {
        var root = new ConfigReader(StrictJson.Parse(config.ToUtf8(), config.Where), config.Where);
        // Models of several parts keep it beside the language model's other keys.
        foreach (var part in new[] { root, root.OptionalObject("text_config") })
        {
            foreach (var key in s_keys)
            {
                if (part?.OptionalObject(key) is { } found) { return Parse(found); }
            }
        }
        return null;
    }

    static QuantConfig Parse(ConfigReader json)
    {
        var name = json.OptionalText("quant_method") ?? Throw.NoMethod(json.Where);
        var method = name switch
        {
            "fp8" => QuantMethod.Float8,
            "mxfp8" => QuantMethod.MxFloat8,
            "fbgemm_fp8" => QuantMethod.RowFloat8,
            "mxfp4" => QuantMethod.MxFloat4,
            "compressed-tensors" => QuantMethod.CompressedTensors,
            _ => Throw.Method(json.Where, name),
        };
        string[] ignored = [.. json.Texts("modules_to_not_convert"), .. json.Texts("ignored_layers"), .. json.Texts("ignore")];
        var config = new QuantConfig(json.Where, method, ignored);
        return method switch
        {
            QuantMethod.Float8 or QuantMethod.MxFloat8 => WithBlocks(config, json),
            QuantMethod.CompressedTensors => config with { Groups = Groups(json) },
            _ => config,
        };
    }

    static QuantConfig WithBlocks(QuantConfig config, ConfigReader json)
    {
        if (json.OptionalText("fmt") is { } format)
        {
            if (format is not ("e4m3" or "e5m2" or "float8_e4m3fn" or "float8_e5m2")) { Throw.Value(json.Where, "fmt", format, "e4m3 or e5m2"); }
            config = config with { CodeFormat = format.Contains("e4m3", StringComparison.Ordinal) ? "e4m3" : "e5m2" };
        }
        var scale = json.OptionalText("scale_fmt") ?? "float";
        if (scale is not ("float" or "ue8m0")) { Throw.Value(json.Where, "scale_fmt", scale, "float or ue8m0"); }
        var isPower = scale == "ue8m0" || config.Method == QuantMethod.MxFloat8;
        var given = json.Indices("weight_block_size");
        if (given.Count == 0 && config.Method == QuantMethod.MxFloat8) { given = [1, 32]; }
        if (given.Count == 0) { return config with { SaysBlock = json.Has("weight_block_size"), HasPowerOfTwoScales = isPower }; }
        return config with { SaysBlock = true, Block = Block(json.Where, "weight_block_size", given), HasPowerOfTwoScales = isPower };
    }

    static (long, long) Block(string where, string key, IReadOnlyList<int> sizes) =>
        sizes is [> 0, > 0] ? (sizes[0], sizes[1]) : Throw.Value<(long, long)>(where, key, $"[{string.Join(", ", sizes)}]", "two numbers above 0");

    static List<QuantGroup> Groups(ConfigReader json)
    {
        if (json.OptionalObject("sparsity_config")?.OptionalText("format") is { } sparse and not "dense") { Throw.Sparse(json.Where, sparse); }
        var groups = json.OptionalObject("config_groups") ?? Throw.NoGroups(json.Where);
        var list = new List<QuantGroup>();
        foreach (var name in groups.ToNode().Select(static pair => pair.Key))
        {
            if (groups.OptionalObject(name) is { } group && group.OptionalObject("weights") is { } weights)
            {
                list.Add(Group(name, group, weights, group.OptionalText("format") ?? json.OptionalText("format") ?? Throw.NoFormat(json.Where)));
            }
        }
        if (list.Count == 0) { Throw.NoGroups(json.Where); }
        return list;
    }

    static QuantGroup Group(string name, ConfigReader group, ConfigReader weights, string format)
    {
        if (!s_formats.Contains(format)) { Throw.Format(group.Where, format); }
        var bits = (int)(weights.OptionalSize("num_bits") ?? 8);
        var type = weights.OptionalText("type") ?? "int";
        if (type is not ("int" or "float")) { Throw.Value(weights.Where, "type", type, "int or float"); }
        if (bits is not (4 or 8)) { Throw.Bits(weights.Where, bits); }
        // -1, as config writers say "no group", is no size.
        var node = weights.ToNode();
        var size = node["group_size"] is JsonValue value && value.TryGetValue(out long number) && number > 0 ? weights.OptionalSize("group_size") ?? 0 : 0;
        var strategy = weights.OptionalText("strategy") ?? (size > 0 ? "group" : node["group_size"] is null ? "tensor" : "channel");
        if (!s_strategies.Contains(strategy)) { Throw.Value(weights.Where, "strategy", strategy, string.Join(", ", s_strategies)); }
        if (strategy is "group" or "tensor_group" && size == 0) { Throw.Value(weights.Where, "group_size", "absent", "a number above 0, as the strategy is group"); }
        var block = strategy == "block" ? BlockStructure(weights, node) : (1, size);
        var reordered = node["actorder"] is JsonValue order && (order.TryGetValue(out string? text) ? text is "group" or "dynamic" : order.TryGetValue(out bool flag) && flag);
        return new QuantGroup(
            name, group.Texts("targets"), format, bits, type == "float", strategy, block.Item1, block.Item2, weights.OptionalFlag("symmetric") ?? true, reordered);
    }

    // Older files write "128x128".
    static (long, long) BlockStructure(ConfigReader weights, JsonObject node)
    {
        if (node["block_structure"] is JsonValue value && value.TryGetValue(out string? text))
        {
            var sizes = text.Split('x').Select(static part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : 0).ToArray();
            return Block(weights.Where, "block_structure", sizes);
        }
        return Block(weights.Where, "block_structure", weights.Indices("block_structure"));
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static string NoMethod(string where) => throw new MalformedCheckpointException(
            "QNT-1.1", where, "key quant_method is missing; it says how the weights are quantised");

        [DoesNotReturn]
        internal static QuantMethod Method(string where, string method) => throw new UnsupportedCheckpointException(
            "QNT-1.2", where, $"quant_method is \"{method}\"; fp8, mxfp8, fbgemm_fp8, mxfp4 and compressed-tensors are read. {Advice(method)}");

        static string Advice(string method) => method switch
        {
            "gguf" => "Convert the model that the file was made of; a GGUF file holds other tensors under other names.",
            "bitsandbytes" => "Take the model it was quantised from, or load it with transformers, call dequantize() and save it.",
            "gptq" or "awq" or "auto-round" or "gptq_v2" => "Take the model it was quantised from, or save it as compressed-tensors with llm-compressor's converter.",
            "modelopt" => "Take the model it was quantised from, or export it as compressed-tensors.",
            _ => "Take the model it was quantised from.",
        };

        [DoesNotReturn]
        internal static void Value(string where, string key, string found, string allowed) => Value<int>(where, key, found, allowed);

        [DoesNotReturn]
        internal static T Value<T>(string where, string key, string found, string allowed) => throw new MalformedCheckpointException(
            "QNT-1.1", where, $"{key} is \"{found}\", allowed is {allowed}");

        [DoesNotReturn]
        internal static ConfigReader NoGroups(string where) => throw new MalformedCheckpointException(
            "QNT-1.1", where, "config_groups is missing or quantises no weights");

        [DoesNotReturn]
        internal static string NoFormat(string where) => throw new MalformedCheckpointException(
            "QNT-1.1", where, "key format is missing; it says how the codes are stored");

        [DoesNotReturn]
        internal static void Format(string where, string format) => throw new UnsupportedCheckpointException(
            "QNT-1.2", where, $"format is \"{format}\"; read are {string.Join(", ", s_formats)}");

        [DoesNotReturn]
        internal static void Sparse(string where, string format) => throw new UnsupportedCheckpointException(
            "QNT-1.2", where, $"sparsity_config says \"{format}\"; compressed sparse weights are not read. Save the model dense with llm-compressor");

        [DoesNotReturn]
        internal static void Bits(string where, int bits) => throw new UnsupportedCheckpointException(
            "QNT-1.2", where, $"num_bits is {bits}; read are 4 and 8 (other widths are packed in different ways by different versions)");
    }
}
