using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Peft;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Models.Megatron.Ranks;
using Ckpt.Sharding.Boxes;

namespace Ckpt.Models.Adapters;

/// <summary>Writes an adapter whose projections were trained with matrices of their own in PEFT's format, where that is the usual form (TRN-12.3).</summary>
public static class SectionedExport
{
    /// <summary>Whether any of these tensors is of a section.</summary>
    public static bool IsSectioned(ICheckpointReader reader) => reader.Tensors.Any(static tensor => AdapterSection.Find(tensor.Name) is not null);

    /// <summary>The conversion.</summary>
    /// <param name="reader">The adapter's tensors by Megatron's keys.</param>
    /// <param name="arguments">The run's arguments.</param>
    /// <param name="config">The model's config.</param>
    /// <param name="baseModel">The base's name or folder.</param>
    public static AdapterConversion Plan(ICheckpointReader reader, JsonObject arguments, HfConfig config, string? baseModel)
    {
        var model = AdapterModel.Of(config);
        var map = model.Map(new BridgeOptions { KeyForm = KeyForm.PerLayer }, new HashSet<string>());
        var links = new NamingLinks(map.Reverse());
        var factors = new Dictionary<(string Module, string Section), (FactorSource? A, FactorSource? B)>();
        foreach (var tensor in reader.Tensors) { Sort(reader, tensor, factors); }
        var rank = arguments["lora_rank"]!.GetValue<long>();
        var scaling = PeftTargets.Scaling(arguments["lora_alpha"]!.GetValue<double>(), (int)rank, arguments["use_rslora"]?.GetValue<bool>() ?? false);
        var modules = new List<LoraModule>();
        foreach (var ((module, section), (a, b)) in factors)
        {
            if (a is null || b is null) { Throw.Alone(reader.Path, module); continue; }
            var weight = links.Of(module + ".weight").Select(static found => found.Right.Name).Distinct().Where(name => section.Length == 0 || SectionedAdapter.Projection(section) is { } projection && name.EndsWith($".{projection}.weight", StringComparison.Ordinal)).ToArray();
            if (weight is not [var hf]) { Throw.NoWeight(reader.Path, module, section); return null!; }
            modules.Add(new LoraModule(hf[..^".weight".Length], hf, -1, a, b, scaling));
        }
        var place = map.Left.Tensors.Select(static (tensor, number) => (tensor.Name, number)).ToDictionary(StringComparer.Ordinal);
        var logical = new LogicalAdapter([.. modules.OrderBy(module => place[module.Weight])], [], reader.Path)
        {
            Dropout = arguments["lora_dropout"]?.GetValue<double>() ?? 0,
            BaseModel = baseModel,
        };
        return PeftExport.Plan(logical, reader, config, model, baseModel);
    }

    /// <summary>A tensor's matrices, one for each layer where it has them all.</summary>
    static void Sort(ICheckpointReader reader, TensorInfo tensor, Dictionary<(string Module, string Section), (FactorSource? A, FactorSource? B)> factors)
    {
        var isA = tensor.Name.Contains(".lora_A.", StringComparison.Ordinal);
        var module = tensor.Name[..tensor.Name.IndexOf(isA ? ".lora_A." : ".lora_B.", StringComparison.Ordinal)];
        var section = AdapterSection.Find(tensor.Name)?.Name ?? "";
        var (rows, columns) = (tensor.Shape[tensor.Shape.Rank - 2], tensor.Shape[tensor.Shape.Rank - 1]);
        var layers = tensor.Shape.Rank == 3 ? tensor.Shape[0] : 1;
        for (var layer = 0; layer < layers; layer++)
        {
            AxisRun[] part = tensor.Shape.Rank == 3 ? [AxisRun.One(layer), new AxisRun(0, 1, rows), new AxisRun(0, 1, columns)] : [new AxisRun(0, 1, rows), new AxisRun(0, 1, columns)];
            var name = RankName.Of(module, tensor.Shape.Rank == 3 ? layer : -1, -1);
            var factor = new FactorSource(reader, tensor, [part]);
            var (a, b) = factors.GetValueOrDefault((name, section));
            factors[(name, section)] = isA ? (factor, b) : (a, factor);
        }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Alone(string where, string module) => throw new MalformedCheckpointException("TRN-12.3", where, $"{Quoted.Name(module)} has one of lora_A and lora_B only");

        [DoesNotReturn]
        internal static void NoWeight(string where, string module, string section) => throw new MalformedCheckpointException(
            "TRN-12.3", where, $"{Quoted.Name(module)}{(section.Length == 0 ? "" : $", section {section},")} is no one weight of the model's Hugging Face form");
    }
}
