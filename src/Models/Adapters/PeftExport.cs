using System.Diagnostics.CodeAnalysis;
using System.Text;
using Ckpt.Formats;
using Ckpt.Formats.Peft;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Configs;
using Ckpt.Sharding.Boxes;
using Ckpt.Sharding.Views;

namespace Ckpt.Models.Adapters;

/// <summary>Writes an adapter of Megatron's in PEFT's format: A once for every weight of a fused module, B's rows dealt out as the weight's are (ADP-4.1).</summary>
public static class PeftExport
{
    /// <summary>The conversion.</summary>
    /// <param name="adapter">A Megatron adapter; its reader is disposed with the conversion's source.</param>
    /// <param name="config">The model's config.</param>
    /// <param name="baseModel">The base's name or folder for adapter_config.json; null: what the adapter says.</param>
    /// <exception cref="CheckpointException">The adapter does not fit the model, or holds what PEFT cannot.</exception>
    public static AdapterConversion Plan(McoreAdapter adapter, HfConfig config, string? baseModel = null)
    {
        var model = AdapterModel.Of(config);
        var logical = adapter.Resolve(model);
        // A base that lies with its adapter is not the adapter's.
        var source = adapter.Reader.Tensors.Any(static tensor => IsOfBase(tensor.Name)) ? new ViewedCheckpoint(adapter.Reader, [], IsOfBase) : adapter.Reader;
        var links = new LinkBuilder();
        foreach (var module in logical.Modules)
        {
            if (module.Name == module.Weight) { Throw.Parameter(logical.Where, module.Name); }
            Link(links, PeftKey.Of(module.Name, PeftPart.A), module.A);
            Link(links, PeftKey.Of(module.Name, PeftPart.B), module.B);
        }
        foreach (var saved in logical.Saved) { Link(links, PeftKey.Of(saved.Name, PeftPart.Saved), saved); }
        var map = links.Build();
        var side = Config(logical, config, baseModel ?? logical.BaseModel, model);
        SmallFile[] closing =
        [
            new(PeftFolder.ConfigName, PeftConfigText.Of(side)),
            new("additional_config.json", Encoding.ASCII.GetBytes("""{"lora_dtype": null, "lorap_lr_ratio": null, "lorap_emb_lr": 1e-06}""")),
        ];
        var writer = new SafetensorsWriter(new SafetensorsWriterOptions { Stem = PeftFolder.WeightsStem, MaxShardBytes = long.MaxValue });
        return new AdapterConversion(source, map, writer, Sharding.Plans.TargetMaker.Make(source.Tensors, map, null, cutLeadingAxes: false), closing, logical.Notes);
    }

    // Optimizer state repeats the names of what it belongs to.
    static bool IsOfBase(string name) => Megatron.Optimizer.OptimizerNames.IsOptimizer(name) || (McoreAdapterKey.Parse(name).Part is McorePart.Other or McorePart.BaseLayer && !TrainedAdapter.IsAdapter(name));

    static void Link(LinkBuilder links, string key, FactorSource factor)
    {
        var right = links.Right(key, new Shape(factor.Rows, factor.Columns));
        var row = 0L;
        foreach (var part in factor.Parts)
        {
            links.Add(factor.Tensor, part, right, [new AxisRun(row, 1, part[^2].Count), new AxisRun(0, 1, factor.Columns)]);
            row += part[^2].Count;
        }
    }

    static void Link(LinkBuilder links, string key, SavedTensor saved)
    {
        var right = links.Right(key, saved.Shape);
        foreach (var part in saved.Parts) { links.Add(part.Stored, [.. part.Runs.Right], right, [.. part.Runs.Left]); }
    }

    static PeftConfig Config(LogicalAdapter logical, HfConfig config, string? baseModel, AdapterModel model)
    {
        var weights = model.Shapes(new HashSet<string>());
        var modules = weights.Keys.Where(static name => name.EndsWith(".weight", StringComparison.Ordinal)).Select(static name => name[..^".weight".Length]).ToArray();
        var linear = modules.Where(name => weights[name + ".weight"].Rank == 2).ToArray();
        var rank = logical.Modules.Count > 0 ? logical.Modules[0].Rank : 8;
        var (alpha, rslora) = AdapterScale.Of(logical.Modules.Count > 0 ? logical.Modules[0].Scaling : 1, rank);
        var saved = logical.Saved.Select(static tensor => tensor.Name[..tensor.Name.LastIndexOf('.')]).ToHashSet(StringComparer.Ordinal);
        return new PeftConfig
        {
            Rank = rank,
            Alpha = alpha,
            UseRslora = rslora,
            Dropout = logical.Dropout,
            TaskType = logical.TaskType,
            BaseModel = baseModel,
            TargetModules = ModuleNames.Endings([.. logical.Modules.Select(static module => module.Name)], linear, atDots: true),
            ModulesToSave = saved.Count == 0 ? [] : ModuleNames.Endings(saved, modules, atDots: false),
        };
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Parameter(string where, string name) => throw new UnsupportedCheckpointException(
            "ADP-4.5", where, $"changes {name}, which is a parameter and no module; merge it with --merge_lora true");
    }
}
