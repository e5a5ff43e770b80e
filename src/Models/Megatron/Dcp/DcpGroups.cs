using System.Globalization;
using System.Text;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;

namespace Ckpt.Models.Megatron.Dcp;

/// <summary>
/// The param groups of an optimizer that keeps them by parameter (<c>optimizer.param_to_group_meta.PARAMETER.FIELD</c>): parameters of equal fields
/// are one (TDC-6.8). Source: Megatron-LM core/optimizer/distrib_optimizer.py <c>_param2group_meta_to_param_groups</c>.
/// </summary>
sealed class DcpGroups(string where)
{
    internal const string Key = "param_to_group_meta";

    readonly Dictionary<string, (DcpTree Fields, StringBuilder Identity)> _byParameter = new(StringComparer.Ordinal);
    readonly List<string> _parameters = [];
    // Equal values were read as one node.
    readonly Dictionary<PickleNode, int> _values = new(ReferenceEqualityComparer.Instance);

    /// <summary>Whether a path is of these; if so, the value is taken.</summary>
    internal bool TryAdd(IReadOnlyList<TorchDistPathStep> path, PickleNode value)
    {
        if (path is not [{ Key: "optimizer" }, { Key: Key }, { Key: { } parameter }, _, ..]) { return false; }
        if (!_byParameter.TryGetValue(parameter, out var group))
        {
            _byParameter.Add(parameter, group = (new DcpTree(where), new StringBuilder()));
            _parameters.Add(parameter);
        }
        if (!_values.TryGetValue(value, out var number)) { _values.Add(value, number = _values.Count); }
        group.Fields.Add([.. path.Skip(3)], value);
        foreach (var step in path.Skip(3)) { group.Identity.Append(step.Key).Append(step.Index).Append('/'); }
        group.Identity.Append(CultureInfo.InvariantCulture, $"={number};");
        return true;
    }

    /// <summary>The groups, in the order of their first parameters; null where there are none.</summary>
    /// <param name="steps">Steps kept with single parameters; a group whose parameters all have the same one has it as its own.</param>
    internal PickleList? List(IReadOnlyDictionary<string, double> steps)
    {
        if (_parameters.Count == 0) { return null; }
        var groups = new Dictionary<string, (PickleDict Fields, HashSet<double> Steps)>(StringComparer.Ordinal);
        var list = new PickleList();
        foreach (var parameter in _parameters)
        {
            var (tree, identity) = _byParameter[parameter];
            if (!groups.TryGetValue(identity.ToString(), out var group))
            {
                groups.Add(identity.ToString(), group = (tree.Dict(), []));
                list.Items.Add(group.Fields);
            }
            // Halves of a gated projection have steps of their own and may share their parameter's fields.
            if (steps.TryGetValue(parameter, out var step) || steps.TryGetValue(parameter + "_w", out step)) { group.Steps.Add(step); }
        }
        foreach (var (fields, own) in groups.Values)
        {
            if (own.Count == 1 && fields.Find("step") is null) { fields.Add("step", PickleValues.Number(own.First())); }
        }
        return list;
    }
}
