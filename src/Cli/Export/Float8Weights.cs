using System.Globalization;
using System.Text.Json.Nodes;
using Ckpt.Cli.Running;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Configs;
using Ckpt.Models.Families;
using Ckpt.Models.Quantisation;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Quantised;
using Ckpt.Sharding.Views;

namespace Ckpt.Cli.Export;

/// <summary>A source whose weights are written in 8 bits: codes kept where blocks align, quantised anew or for the first time where not.</summary>
/// <param name="Source">The source as the map's left side sees it.</param>
/// <param name="AsStored">Names that no cast touches.</param>
/// <param name="Afterwards">What was quantised, and how far off it is.</param>
sealed record Float8Weights(ICheckpointReader Source, IReadOnlySet<string>? AsStored, Func<ConversionReceipt>? Afterwards)
{
    /// <summary>Through a map to the naming of a side. A source that is not quantised yet is quantised in Hugging Face's blocks, as that side's config then says.</summary>
    internal static Float8Weights Through(ExportSource opened, ref TensorMap map, ref HfConfig config, DType? type, FamilySide target)
    {
        var numbers = type ?? DType.BF16;
        if (opened.Scheme is { } scheme)
        {
            var kept = scheme.Keep(opened.Model.Reader, map, Misaligned.Requantise, numbers);
            map = kept.Map;
            return new Float8Weights(kept.Source, kept.AsStored, Both(opened.Afterwards, () => Receipt(kept.Misaligned, kept.Errors)));
        }
        if (target == FamilySide.Hf)
        {
            // Blocks are of Hugging Face's tensors: those are made first, then quantised, and written as they are.
            return Whole(new MappedCheckpoint(opened.Model.Reader, map, type), opened, ref map, ref config);
        }
        if (opened.Model.Naming == FamilySide.Megatron) { throw Throw.MegatronToMegatron(opened.Model.Reader.Path); }
        var errors = new List<QuantError>();
        var quantised = Quantised(opened.Model.Reader, errors);
        config = config.WithFloat8Blocks(QuantOptions.Default, Float8Modules.NotConverted(quantised.Tensors));
        var made = QuantScheme.Of(config, quantised)!.Keep(quantised, map, Misaligned.Requantise, numbers);
        map = made.Map;
        return new Float8Weights(made.Source, made.AsStored, Both(opened.Afterwards, () => Receipt(made.Misaligned, [.. errors, .. made.Errors])));
    }

    /// <summary>A source that has the names to be written already.</summary>
    internal static Float8Weights Whole(ICheckpointReader source, ExportSource opened, ref TensorMap map, ref HfConfig config)
    {
        var errors = new List<QuantError>();
        var quantised = Quantised(source, errors);
        config = config.WithFloat8Blocks(QuantOptions.Default, Float8Modules.NotConverted(quantised.Tensors));
        map = TensorMap.Identity([.. quantised.Tensors.Select(static t => new MappedTensor(t.Name, t.Shape))]);
        var codes = quantised.Tensors.Where(static t => t.DType == DType.F8E4M3 || t.Name.EndsWith(QuantViews.ScaleSuffix, StringComparison.Ordinal)).Select(static t => t.Name).ToHashSet(StringComparer.Ordinal);
        return new Float8Weights(quantised, codes, Both(opened.Afterwards, () => Receipt([], errors)));
    }

    static ViewedCheckpoint Quantised(ICheckpointReader source, List<QuantError> errors) =>
        QuantViews.Quantise(source, static tensor => Float8Modules.IsConverted(tensor.Name, tensor.Shape), QuantOptions.Default, errors);

    static Func<ConversionReceipt> Both(Func<ConversionReceipt>? first, Func<ConversionReceipt> second) => first is null ? second : () =>
    {
        var (a, b) = (first(), second());
        foreach (var (name, value) in b.Json) { a.Json[name] = value?.DeepClone(); }
        return new ConversionReceipt([.. a.Lines, .. b.Lines], a.Json);
    };

    static class Throw
    {
        internal static UnsupportedCheckpointException MegatronToMegatron(string path) => new(
            "CLI-3.14", path, "has numbers, and 8-bit weights of Megatron are made of Hugging Face's, in whose blocks they are quantised; write those first (--to_hf --fp8_param_gather true), then these of them");
    }

    static ConversionReceipt Receipt(IReadOnlyList<MisalignedTensor> misaligned, IReadOnlyList<QuantError> errors)
    {
        var lines = new List<string>();
        if (errors.Count > 0)
        {
            var worst = errors.MaxBy(static e => e.Largest)!;
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"quantised  {errors.Count:N0} tensors to 8 bits in blocks of 128 x 128; the largest error is {worst.Largest:P2} of its block's largest magnitude ({worst.Name})"));
        }
        foreach (var tensor in misaligned.Take(10)) { lines.Add($"           {tensor.Name} could not keep its 8-bit codes: {tensor.Reason}"); }
        return new ConversionReceipt(lines, new JsonObject
        {
            ["quantised"] = new JsonArray([.. errors.Select(static e => new JsonObject { ["name"] = e.Name, ["largest_error"] = Math.Round(e.Largest, 6) })]),
            ["codes_not_kept"] = new JsonArray([.. misaligned.Select(static m => new JsonObject { ["name"] = m.Name, ["reason"] = m.Reason, ["requantised"] = m.IsRequantised })]),
        });
    }
}
