using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Sharding.Boxes;

namespace Ckpt.Models.Adapters;

/// <summary>
/// A PEFT adapter whose projections have different A's, by Megatron's modules all the same: the matrices of each projection under its own name
/// (<c>linear_qkv.lora_A.default.q.weight</c>), rows in the projection's order (TRN-12.3).
/// </summary>
static class SectionedAdapter
{
    static readonly (string Projection, string Section)[] s_sections = [("q_proj", "q"), ("k_proj", "k"), ("v_proj", "v"), ("gate_proj", "gate"), ("up_proj", "up")];

    internal static AdapterImport Of(PeftAdapter adapter, LogicalAdapter logical, HfConfig config, McoreExportOptions options, JsonObject arguments)
    {
        var rank = logical.Modules[0].Rank;
        var scaling = logical.Modules[0].Scaling;
        if (logical.Modules.Any(module => module.Rank != rank || module.Scaling != scaling)) { Throw.Mixed(logical.Where); }
        if (logical.Saved.Count > 0) { Throw.Saved(logical.Where, logical.Saved[0].Name); }
        var names = logical.Modules.Select(static module => module.Weight).ToHashSet(StringComparer.Ordinal);
        var map = AdapterModel.Of(config).Map(new BridgeOptions { PaddedVocab = options.PaddedVocab, KeyForm = KeyForm.PerLayer }, names);
        var links = new NamingLinks(map);
        var made = new LinkBuilder();
        foreach (var module in logical.Modules)
        {
            if (module.Expert >= 0 || links.Of(module.Weight).Select(static found => found.Right.Name).Distinct().ToArray() is not [var weight]) { Throw.Experts(logical.Where, module.Name); return null!; }
            var key = weight[..weight.LastIndexOf('.')];
            var end = Section(module.Name, key) is { } section ? $".{section}.weight" : ".weight";
            Add(made, $"{key}.lora_A.{McoreAdapterOptions.Default}{end}", module.A);
            Add(made, $"{key}.lora_B.{McoreAdapterOptions.Default}{end}", module.B);
        }
        var (alpha, rslora) = AdapterScale.Of(scaling, rank);
        var kept = TrainedAdapter.Kept(arguments);
        (kept["lora_rank"], kept["lora_alpha"], kept["use_rslora"]) = (rank, alpha, rslora);
        return new AdapterImport(adapter.Reader, made.Build(), kept, ["projections that Megatron fuses have different A matrices: each is trained on its own, as PEFT does"]);
    }

    /// <summary>The Hugging Face projection that a section is.</summary>
    internal static string? Projection(string section) => s_sections.FirstOrDefault(known => known.Section == section).Projection;

    static string? Section(string module, string key)
    {
        if (!key.EndsWith(".linear_qkv", StringComparison.Ordinal) && !key.EndsWith(".linear_fc1", StringComparison.Ordinal)) { return null; }
        foreach (var (projection, section) in s_sections)
        {
            if (module.EndsWith(projection, StringComparison.Ordinal)) { return section; }
        }
        return null;
    }

    static void Add(LinkBuilder links, string key, FactorSource factor)
    {
        var right = links.Right(key, new Shape(factor.Rows, factor.Columns));
        var row = 0L;
        foreach (var part in factor.Parts)
        {
            links.Add(factor.Tensor, part, right, [new AxisRun(row, 1, part[^2].Count), new AxisRun(0, 1, factor.Columns)]);
            row += part[^2].Count;
        }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Mixed(string where) => throw new UnsupportedCheckpointException(
            "TRN-12.3", where, "has different A matrices in projections that Megatron fuses, and modules of different rank or scale: trained are those of one rank and one scale");

        [DoesNotReturn]
        internal static void Saved(string where, string name) => throw new UnsupportedCheckpointException(
            "TRN-12.3", where, $"has different A matrices in projections that Megatron fuses, and {name} stored whole: trained is one or the other");

        [DoesNotReturn]
        internal static void Experts(string where, string name) => throw new UnsupportedCheckpointException(
            "TRN-12.3", where, $"has different A matrices in projections that Megatron fuses, among them {name} of an expert: experts are trained with one A for gate and up");
    }
}
