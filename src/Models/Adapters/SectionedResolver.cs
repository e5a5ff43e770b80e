using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Bridge;
using Ckpt.Models.Megatron.Optimizer;
using Ckpt.Models.Megatron.Ranks;
using Ckpt.Sharding.Boxes;

namespace Ckpt.Models.Adapters;

/// <summary>Reads an adapter whose projections were trained with matrices of their own (TRN-12.3); in PEFT's format that is the usual form.</summary>
static class SectionedResolver
{
    /// <summary>Whether any of a checkpoint's tensors is of a section.</summary>
    internal static bool IsSectioned(ICheckpointReader reader) => reader.Tensors.Any(static tensor => AdapterSection.Find(tensor.Name) is not null);

    /// <summary>The adapter as what it does to a model.</summary>
    /// <param name="reader">The adapter's tensors by Megatron's keys.</param>
    /// <param name="model">The model.</param>
    /// <param name="scaling">What B·A is multiplied by, from the rank.</param>
    internal static LogicalAdapter Resolve(ICheckpointReader reader, AdapterModel model, Func<int, double> scaling)
    {
        var map = model.Map(new BridgeOptions { KeyForm = KeyForm.PerLayer }, new HashSet<string>());
        var links = new NamingLinks(map.Reverse());
        var factors = new Dictionary<(string Module, string Section), (FactorSource? A, FactorSource? B)>();
        foreach (var tensor in reader.Tensors)
        {
            if (TrainedAdapter.IsAdapter(tensor.Name) && !OptimizerNames.IsOptimizer(tensor.Name)) { Sort(reader, tensor, factors); }
        }
        var modules = new List<LoraModule>();
        foreach (var ((module, section), (a, b)) in factors)
        {
            if (a is null || b is null) { Throw.Alone(reader.Path, module); continue; }
            if (a.Rows != b.Columns) { Throw.Ranks(reader.Path, module, a.Rows, b.Columns); }
            var weights = links.Of(module + ".weight").Select(static found => found.Right.Name).Distinct().Where(name => section.Length == 0 || (SectionedAdapter.Projection(section) is { } projection && name.EndsWith($".{projection}.weight", StringComparison.Ordinal))).ToArray();
            if (weights is not [var weight]) { Throw.NoWeight(reader.Path, module, section); return null!; }
            modules.Add(new LoraModule(weight[..^".weight".Length], weight, -1, a, b, scaling((int)a.Rows)));
        }
        var place = map.Left.Tensors.Select(static (tensor, number) => (tensor.Name, number)).ToDictionary(StringComparer.Ordinal);
        return new LogicalAdapter([.. modules.OrderBy(module => place[module.Weight])], [], reader.Path);
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
        internal static void Ranks(string where, string module, long a, long b) => throw new MalformedCheckpointException("TRN-12.3", where, $"{Quoted.Name(module)} has a lora_A of rank {a} and a lora_B of rank {b}");

        [DoesNotReturn]
        internal static void Alone(string where, string module) => throw new MalformedCheckpointException("TRN-12.3", where, $"{Quoted.Name(module)} has one of lora_A and lora_B only");

        [DoesNotReturn]
        internal static void NoWeight(string where, string module, string section) => throw new MalformedCheckpointException(
            "TRN-12.3", where, $"{Quoted.Name(module)}{(section.Length == 0 ? "" : $", section {section},")} is no one weight of the model's Hugging Face form");
    }
}
