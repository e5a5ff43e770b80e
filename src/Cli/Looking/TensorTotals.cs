using System.Text.Json.Nodes;
using Ckpt.Cli.Flags;
using Ckpt.Formats.Tensors;

namespace Ckpt.Cli.Looking;

/// <summary>How many tensors, elements and bytes of each element type a checkpoint holds.</summary>
sealed record TensorTotals(IReadOnlyList<TensorTotals.Line> ByType, TensorTotals.Line All)
{
    /// <summary>Sums over some tensors.</summary>
    internal readonly record struct Line(string Type, int Tensors, long Elements, long Bytes)
    {
        internal string Text => $"{Type}: {Tensors} {(Tensors == 1 ? "tensor" : "tensors")}, {Elements} elements, {ByteSize.Text(Bytes)}";

        internal JsonObject Json => new() { ["tensors"] = Tensors, ["elements"] = Elements, ["bytes"] = Bytes };
    }

    /// <summary>Sums up.</summary>
    internal static TensorTotals Of(IReadOnlyList<TensorInfo> tensors) => new(
        [.. tensors.GroupBy(t => t.DType).OrderBy(g => g.Key).Select(g => Sum(g.Key.DisplayName(), [.. g]))],
        Sum("all", tensors));

    internal JsonObject Json
    {
        get
        {
            var json = new JsonObject();
            foreach (var line in ByType) { json[line.Type] = line.Json; }
            json["all"] = All.Json;
            return json;
        }
    }

    static Line Sum(string type, IReadOnlyList<TensorInfo> tensors) =>
        new(type, tensors.Count, tensors.Sum(t => t.Shape.Count), tensors.Sum(t => t.ByteLength));
}
