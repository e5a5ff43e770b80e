namespace Ckpt.Verify.Reports;

/// <summary>What the tensors of one module in one layer come to.</summary>
/// <param name="Tensors">How many there are; none: the layer has no such module.</param>
/// <param name="Differing">How many of them are not the same.</param>
/// <param name="MeanDiff">The mean distance of all their elements; null where it was not measured.</param>
readonly record struct HeatCell(int Tensors, int Differing, double? MeanDiff);

/// <summary>A module across the layers.</summary>
/// <param name="Module">Its name in a layer.</param>
/// <param name="Cells">One for each layer.</param>
sealed record HeatRow(string Module, IReadOnlyList<HeatCell> Cells);

/// <summary>One stack of layers, or with none what lies outside of them.</summary>
/// <param name="Stack">Its name; empty outside.</param>
/// <param name="Layers">How many layers; outside 1.</param>
/// <param name="Rows">Modules, in order of first appearance.</param>
sealed record HeatStack(string Stack, int Layers, IReadOnlyList<HeatRow> Rows);

/// <summary>Mean distances by layer and module. Pure.</summary>
static class HeatMap
{
    /// <summary>A stack of more layers than this is none: its numbers are something else.</summary>
    const int MostLayers = 4096;

    /// <summary>Of all names there are: those that only one side has are there without a distance.</summary>
    internal static IReadOnlyList<HeatStack> Of(WeightSection weights)
    {
        var lacking = weights.OnlyInA.Concat(weights.OnlyInB).Select(static name => new ReportedTensor { Name = name, FormA = "", FormB = "", Elements = 0, State = TensorState.OtherForm });
        var tensors = weights.Tensors.Concat(lacking);
        var stacks = new Dictionary<string, Dictionary<string, Dictionary<int, List<ReportedTensor>>>>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            var position = TensorPosition.Of(tensor.Name);
            if (position.Layer >= MostLayers) { position = new TensorPosition("", null, tensor.Name); }
            var layers = In(In(stacks, position.Stack), position.Module);
            var layer = position.Layer ?? 0;
            if (!layers.TryGetValue(layer, out var cell)) { layers.Add(layer, cell = []); }
            cell.Add(tensor);
        }
        return [.. stacks.OrderBy(static stack => stack.Key.Length == 0).Select(static stack => Stack(stack.Key, stack.Value))];
    }

    // A dictionary that nothing is taken from keeps the order things came in.
    static TValue In<TValue>(Dictionary<string, TValue> all, string name)
        where TValue : new()
    {
        if (!all.TryGetValue(name, out var one)) { all.Add(name, one = new TValue()); }
        return one;
    }

    static HeatStack Stack(string name, Dictionary<string, Dictionary<int, List<ReportedTensor>>> rows)
    {
        var layers = rows.Values.Max(static row => row.Keys.Max()) + 1;
        return new HeatStack(name, layers, [.. rows.Select(row => new HeatRow(row.Key, [.. Enumerable.Range(0, layers).Select(layer => Cell(row.Value.GetValueOrDefault(layer)))]))]);
    }

    static HeatCell Cell(List<ReportedTensor>? tensors)
    {
        if (tensors is null) { return default; }
        var (sum, elements, measured) = (0.0, 0L, true);
        foreach (var tensor in tensors)
        {
            measured &= tensor.MeanDiff is not null;
            sum += (tensor.MeanDiff ?? 0) * tensor.Elements;
            elements += tensor.Elements;
        }
        return new HeatCell(tensors.Count, tensors.Count(static tensor => tensor.State != TensorState.Same), measured ? sum / Math.Max(1, elements) : null);
    }
}
