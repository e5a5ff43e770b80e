using System.Globalization;
using System.Text.RegularExpressions;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;

namespace Ckpt.Models.Megatron.Dcp;

/// <summary>
/// Tells which parameters the numbers of torch's optimizers stand for (TDC-6.9): Megatron puts parameters into groups with and without weight decay,
/// each in the order the model has them, and torch counts them group by group. Source: Megatron-LM core/optimizer/__init__.py
/// <c>_get_param_groups</c>, torch/optim/optimizer.py <c>state_dict</c>.
/// </summary>
static partial class DcpNumbered
{
    const string Master = "fp32_from_fp16_params";

    static readonly string[] s_buffers = ["_extra_state", "inv_freq", "expert_bias", "local_tokens_per_expert", "global_tokens_per_expert", "qb_beta"];

    /// <summary>From stored names of states to states and stored names of parameters; empty where numbers cannot be told for sure.</summary>
    internal static IReadOnlyDictionary<string, (string State, string Parameter)> Find(TorchDistReader reader)
    {
        var none = new Dictionary<string, (string, string)>();
        var found = reader.Tensors.Select(static tensor => (Tensor: tensor, Match: Numbered().Match(tensor.Name))).Where(static item => item.Match.Success).ToArray();
        if (found.Length == 0 || Groups(reader) is not { } groups || Assign(Parameters(reader), groups) is not { } assigned) { return none; }
        var numbers = new Dictionary<int, TensorInfo>();
        for (var g = 0; g < groups.Count; g++)
        {
            for (var i = 0; i < groups[g].Params.Count; i++)
            {
                if (!numbers.TryAdd(groups[g].Params[i], assigned[g][i])) { return none; }
            }
        }
        var names = new Dictionary<string, (string, string)>(StringComparer.Ordinal);
        foreach (var (tensor, match) in found)
        {
            var isMaster = match.Groups["group"].Success;
            var parameter = isMaster
                ? assigned.ElementAtOrDefault(Int(match.Groups["group"]))?.ElementAtOrDefault(Int(match.Groups["index"]))
                : numbers.GetValueOrDefault(Int(match.Groups["number"]));
            // Of equal shapes the order decides; a shape that differs says that the order is another.
            if (parameter is null || (tensor.Shape != parameter.Shape && tensor.Shape.Count != 1)) { return none; }
            names.Add(tensor.Name, (isMaster ? Optimizer.LogicalNames.Param : match.Groups["state"].Value, parameter.Name["model.".Length..]));
        }
        return names;
    }

    /// <summary>A group: the numbers of its parameters, whether they decay, and whether they are of experts where that is told.</summary>
    sealed record Group(IReadOnlyList<int> Params, bool Decays, bool? OfExperts);

    static List<Group>? Groups(TorchDistReader reader)
    {
        var fields = new SortedDictionary<int, Dictionary<string, PickleNode>>();
        foreach (var item in reader.Objects)
        {
            if (Field().Match(item.Name) is not { Success: true } match) { continue; }
            var group = Int(match.Groups["group"]);
            if (!fields.TryGetValue(group, out var own)) { fields.Add(group, own = new(StringComparer.Ordinal)); }
            own[match.Groups["field"].Value] = reader.ReadObject(item.Name);
        }
        var groups = new List<Group>(fields.Count);
        foreach (var (number, own) in fields)
        {
            if (number != groups.Count || own.GetValueOrDefault("params") is not PickleList list) { return null; }
            var numbers = new List<int>(list.Items.Count);
            foreach (var node in list.Items)
            {
                if (node is not PickleInt { Value: var value } || value < 0 || value > int.MaxValue) { return null; }
                numbers.Add((int)value);
            }
            if (Number(own.GetValueOrDefault("wd_mult") ?? own.GetValueOrDefault("weight_decay")) is not { } decay) { return null; }
            groups.Add(new Group(numbers, decay != 0, (own.GetValueOrDefault("is_expert_parallel") as PickleBool)?.Value));
        }
        return groups.Count == 0 ? null : groups;
    }

    /// <summary>The model's parameters in its own order, which the index keeps in its paths.</summary>
    static List<TensorInfo> Parameters(TorchDistReader reader)
    {
        var tensors = reader.Tensors.ToDictionary(static tensor => tensor.Name, StringComparer.Ordinal);
        var order = reader.PlannerPaths is { } paths ? paths.Keys : reader.Tensors.Select(static tensor => tensor.Name);
        return [.. order
            .Where(static name => name.StartsWith("model.", StringComparison.Ordinal) && !s_buffers.Any(buffer => name.EndsWith(buffer, StringComparison.Ordinal)))
            .Select(name => tensors.GetValueOrDefault(name)).OfType<TensorInfo>()];
    }

    /// <summary>The parameters of each group; null where groups of one kind or other counts leave it open.</summary>
    static List<List<TensorInfo>>? Assign(List<TensorInfo> parameters, List<Group> groups)
    {
        var expertsApart = groups.Any(static group => group.OfExperts == true);
        var assigned = new List<List<TensorInfo>>(groups.Count);
        foreach (var group in groups)
        {
            List<TensorInfo> own = [.. parameters.Where(parameter => Decays(parameter) == group.Decays && (!expertsApart || IsExpert(parameter) == (group.OfExperts == true)))];
            if (own.Count != group.Params.Count) { return null; }
            assigned.Add(own);
        }
        return assigned.Sum(static own => own.Count) == parameters.Count ? assigned : null;
    }

    static bool Decays(TensorInfo parameter) => parameter.Shape.Rank != 1 && !parameter.Name.EndsWith(".bias", StringComparison.Ordinal);

    static bool IsExpert(TensorInfo parameter) => parameter.Name.Contains(".experts.", StringComparison.Ordinal);

    static double? Number(PickleNode? node) => node switch
    {
        PickleFloat real => real.Value,
        PickleInt whole => (double)whole.Value,
        _ => null,
    };

    static int Int(System.Text.RegularExpressions.Group digits) => int.Parse(digits.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex($@"\Aoptimizer\.(?:(?:optimizer\.)?state\.(?<number>[0-9]{{1,8}})\.(?<state>[^.]+)|{Master}\.(?<group>[0-9]{{1,8}})\.(?<index>[0-9]{{1,8}}))\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Numbered();

    [GeneratedRegex(@"\Aoptimizer\.(?:optimizer\.)?param_groups\.(?<group>[0-9]{1,8})\.(?<field>[^.]+)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Field();
}
