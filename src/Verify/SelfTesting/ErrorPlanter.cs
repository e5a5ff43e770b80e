using System.Globalization;
using System.Text.RegularExpressions;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Configs;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Views;
using Ckpt.Verify.Comparing;
using Ckpt.Verify.Diagnosing;

namespace Ckpt.Verify.SelfTesting;

/// <summary>Plants the errors that past converters made, one at a time, in views of a model under the common names (VER-5.1).</summary>
sealed partial class ErrorPlanter(TensorStreams tensors, ModelConfig model)
{
    readonly TensorInfo[] _all = [.. tensors.Tensors];

    /// <summary>All of them, with null where the model has no place for one.</summary>
    internal IEnumerable<(string Name, PlantedError? Error)> All()
    {
        yield return ("gate and up swapped", GateAndUp());
        yield return ("heads permuted", Heads());
        yield return ("row zeroed", ZeroRow());
        yield return ("tensor never written", NeverWritten());
        yield return ("tensor-parallel order", TensorParallelOrder());
        yield return ("experts off by one", Experts());
        yield return ("layer dropped", DroppedLayer());
        yield return ("bit flipped", FlippedBit());
        yield return ("norm unscaled", Norm());
        yield return ("square matrix transposed", Transposed());
        yield return ("off by padding", Padding());
        yield return ("rounded on the way", Rounded());
    }

    // In the middle, where an error is neither the first thing nor the last.
    int Layer => model.Layers / 2;

    PlantedError? GateAndUp() => Pair() is var (gate, up)
        ? new("gate and up swapped", gate.Name, [Rows(gate, row => (up.Name, row)), Rows(up, row => (gate.Name, row))], null, DiagnosisKind.OtherTensor)
        : Fused() is { } both ? new("gate and up swapped", both.Name, [Rows(both, row => (both.Name, (row + (both.Shape[0] / 2)) % both.Shape[0]))], null, DiagnosisKind.HalvesSwapped) : null;

    PlantedError? NeverWritten() => Matrix("self_attn.v_proj.weight", "self_attn.kv_b_proj.weight", "mlp.down_proj.weight", "self_attn.o_proj.weight", "linear_attn.out_proj.weight") is { } matrix
        ? new("tensor never written", matrix.Name, [Rows(matrix, static _ => null)], null, DiagnosisKind.RowsZeroed) : null;

    PlantedError? TensorParallelOrder()
    {
        if (Pair() is not var (gate, up)) { return Fused() is { } both && both.Shape[0] % 4 == 0 ? FusedOrder(both) : null; }
        if (gate.Shape[0] % 2 != 0 || gate.Shape[0] < 4) { return null; }
        // As two ranks' [gate_i; up_i] one behind the other.
        var half = gate.Shape[0] / 2;
        (string, long) Of(long row) => (row / half) switch
        {
            0 => (gate.Name, row),
            1 => (up.Name, row - half),
            2 => (gate.Name, row - half),
            _ => (up.Name, row - (2 * half)),
        };
        return new("tensor-parallel order", gate.Name, [Rows(gate, row => Of(row)), Rows(up, row => Of(row + gate.Shape[0]))], null, DiagnosisKind.TensorParallelOrder);
    }

    PlantedError FusedOrder(TensorInfo both)
    {
        var part = both.Shape[0] / 4;
        long[] order = [0, 2, 1, 3];
        return new("tensor-parallel order", both.Name, [Rows(both, row => (both.Name, (order[row / part] * part) + (row % part)))], null, DiagnosisKind.TensorParallelOrder);
    }

    /// <summary>Gate rows and, behind them, up rows in one tensor.</summary>
    TensorInfo? Fused() => InLayers(static tensor => tensor.Shape.Rank == 2 && tensor.Shape[0] % 2 == 0 && tensor.Name.EndsWith(".gate_up_proj.weight", StringComparison.Ordinal));

    PlantedError? Heads()
    {
        var dim = model.HeadDim;
        if (Matrix("self_attn.q_proj.weight", "self_attn.qkv_proj.weight", "self_attn.q_b_proj.weight") is not { } query || dim < 2 || query.Shape[0] % dim != 0 || query.Shape[0] < 2 * dim) { return null; }
        return new("heads permuted", query.Name, [Rows(query, row => (query.Name, row < 2 * dim ? (row + dim) % (2 * dim) : row))], null, DiagnosisKind.HeadsPermuted);
    }

    PlantedError? ZeroRow() => Matrix("self_attn.o_proj.weight", "linear_attn.out_proj.weight", "mlp.down_proj.weight") is { } matrix
        ? new("row zeroed", matrix.Name, [Rows(matrix, row => row == matrix.Shape[0] / 2 ? null : (matrix.Name, row))], null, DiagnosisKind.RowsZeroed) : null;

    PlantedError? Experts()
    {
        var expert = new Regex($@"\.layers\.{OfLayer(static name => ExpertNumber().IsMatch(name))}\..*\.experts\.(?<e>[0-9]+)\.", RegexOptions.CultureInvariant);
        var found = _all.Select(tensor => (Tensor: tensor, Match: expert.Match(tensor.Name))).Where(static each => each.Match.Success).ToArray();
        var count = found.Select(static each => each.Match.Groups["e"].Value).Distinct().Count();
        if (count < 2) { return FusedExperts(); }
        var views = found.Select(each =>
        {
            var number = each.Match.Groups["e"];
            var next = each.Tensor.Name[..number.Index] + ((int.Parse(number.Value, CultureInfo.InvariantCulture) + 1) % count).ToString(CultureInfo.InvariantCulture) + each.Tensor.Name[(number.Index + number.Length)..];
            return (TensorView)Rows(each.Tensor, row => (next, row));
        }).ToArray();
        return new("experts off by one", $"layer {Layer}", views, null, DiagnosisKind.OtherTensor);
    }

    /// <summary>All experts of a layer in one tensor.</summary>
    PlantedError? FusedExperts()
    {
        if (InLayers(static tensor => tensor.Shape.Rank == 3 && tensor.Shape[0] > 1 && tensor.Name.Contains(".experts.", StringComparison.Ordinal)) is not { } first) { return null; }
        var start = first.Name[..(first.Name.IndexOf(".experts.", StringComparison.Ordinal) + ".experts.".Length)];
        var views = _all.Where(tensor => tensor.Name.StartsWith(start, StringComparison.Ordinal) && tensor.Shape.Rank > 1).Select(tensor => (TensorView)Rows(tensor, row => (tensor.Name, (row + 1) % tensor.Shape[0]))).ToArray();
        return new("experts off by one", start, views, null, DiagnosisKind.RowsPermuted);
    }

    PlantedError? DroppedLayer()
    {
        var first = _all.FirstOrDefault(tensor => tensor.Name.Contains($".layers.{Layer}.", StringComparison.Ordinal))?.Name;
        return first is null ? null : new("layer dropped", $"layer {Layer}", [], first[..(first.IndexOf($".layers.{Layer}.", StringComparison.Ordinal) + $".layers.{Layer}.".Length)], null);
    }

    PlantedError? FlippedBit()
    {
        if (Matrix("self_attn.o_proj.weight", "linear_attn.out_proj.weight", "mlp.down_proj.weight") is not { } matrix) { return null; }
        var (size, at) = (matrix.DType.ByteSize(), matrix.Shape.Count / 2);
        // The lowest bit of what stands before the last seven of bfloat16: twice or half the value.
        var (place, bit) = matrix.DType == DType.F32 ? (2, 0x80) : matrix.DType == DType.F16 ? (1, 0x04) : (0, 0x80);
        return new("bit flipped", matrix.Name, [Changed(matrix, (first, bytes) =>
        {
            if (at >= first && at < first + (bytes.Length / size)) { bytes[(int)((at - first) * size) + place] ^= (byte)bit; }
        })], null, DiagnosisKind.BitsFlipped);
    }

    PlantedError? Norm()
    {
        if (Vector("input_layernorm.weight", "post_attention_layernorm.weight") is not { } norm) { return null; }
        return new("norm unscaled", norm.Name, [Changed(norm, (_, bytes) => InDoubles(norm.DType, bytes, static values =>
        {
            for (var i = 0; i < values.Length; i++) { values[i] -= 1; }
        }))], null, DiagnosisKind.Added);
    }

    PlantedError? Transposed()
    {
        var square = InLayers(tensor => tensor.Shape.Rank == 2 && tensor.Shape[0] == tensor.Shape[1] && tensor.Shape[0] > 1);
        if (square is null) { return null; }
        var source = tensors.Transposed(square.Name);
        return new("square matrix transposed", square.Name, [new PlantedTensor(square, (first, bytes) => source.ReadExactly(first * square.DType.ByteSize(), bytes))], null, DiagnosisKind.Transposed);
    }

    PlantedError? Padding() => _all.FirstOrDefault(static tensor => tensor.Name.EndsWith("embed_tokens.weight", StringComparison.Ordinal)) is { } embedding
        ? new("off by padding", embedding.Name, [Rows(embedding, row => row == 0 ? null : (embedding.Name, row - 1))], null, DiagnosisKind.RowsShifted) : null;

    PlantedError? Rounded()
    {
        if (Matrix("mlp.down_proj.weight", "self_attn.o_proj.weight", "linear_attn.out_proj.weight") is not { } matrix) { return null; }
        var narrow = matrix.DType == DType.F32 ? DType.BF16 : DType.F8E4M3;
        return new("rounded on the way", $"{matrix.Name} through {narrow.DisplayName()}", [Changed(matrix, (_, bytes) =>
        {
            var codes = new byte[bytes.Length / matrix.DType.ByteSize() * narrow.ByteSize()];
            ElementCast.Cast(matrix.DType, bytes, narrow, codes);
            ElementCast.Cast(narrow, codes, matrix.DType, bytes);
        })], null, DiagnosisKind.Rounded);
    }

    static void InDoubles(DType dtype, Span<byte> bytes, Action<double[]> change)
    {
        var values = new double[bytes.Length / dtype.ByteSize()];
        ElementValues.Widen(dtype, bytes, values);
        change(values);
        ElementCast.Cast(DType.F64, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()), dtype, bytes);
    }

    /// <summary>A gate and an up projection of one layer, or of one expert.</summary>
    (TensorInfo Gate, TensorInfo Up)? Pair()
    {
        foreach (var (gate, up) in ((string, string)[])[("gate_proj.weight", "up_proj.weight"), ("w1.weight", "w3.weight")])
        {
            var found = InLayers(tensor => tensor.Name.EndsWith("." + gate, StringComparison.Ordinal));
            if (found is not null && tensors.Has(found.Name[..^gate.Length] + up)) { return (found, tensors[found.Name[..^gate.Length] + up]); }
        }
        return null;
    }

    TensorInfo? Matrix(params IReadOnlyList<string> names) => Named(names, 2);

    TensorInfo? Vector(params IReadOnlyList<string> names) => Named(names, 1);

    TensorInfo? Named(IReadOnlyList<string> names, int rank) => names
        .Select(name => InLayers(tensor => tensor.Shape.Rank == rank && tensor.Name.EndsWith("." + name, StringComparison.Ordinal))).FirstOrDefault(static tensor => tensor is not null);

    /// <summary>The tensor of the middle layer, else of another.</summary>
    TensorInfo? InLayers(Predicate<TensorInfo> fits) => Array.Find(_all, tensor => tensor.Name.Contains($".layers.{Layer}.", StringComparison.Ordinal) && IsWeight(tensor) && fits(tensor))
        ?? Array.Find(_all, tensor => tensor.Name.Contains(".layers.", StringComparison.Ordinal) && IsWeight(tensor) && fits(tensor));

    static bool IsWeight(TensorInfo tensor) => tensor.DType is DType.BF16 or DType.F16 or DType.F32 && tensor.Shape.Count > 1;

    int OfLayer(Predicate<string> fits)
    {
        var names = _all.Select(static tensor => tensor.Name).Where(name => fits(name)).ToArray();
        if (names.Any(name => name.Contains($".layers.{Layer}.", StringComparison.Ordinal))) { return Layer; }
        return names.Select(static name => LayerNumber().Match(name)).FirstOrDefault(static match => match.Success) is { } match ? int.Parse(match.Groups["l"].Value, CultureInfo.InvariantCulture) : Layer;
    }

    PlantedTensor Changed(TensorInfo tensor, Action<long, Span<byte>> change)
    {
        var source = tensors.Of(tensor.Name);
        return new PlantedTensor(tensor, (first, bytes) =>
        {
            source.ReadExactly(first * tensor.DType.ByteSize(), bytes);
            change(first, bytes);
        });
    }

    /// <summary>Rows of a tensor taken from other places; null: zeros.</summary>
    PlantedTensor Rows(TensorInfo tensor, Func<long, (string Name, long Row)?> from)
    {
        var sources = new Dictionary<string, IByteSource>(StringComparer.Ordinal);
        var width = tensor.ByteLength / tensor.Shape[0];
        return new PlantedTensor(tensor, (first, bytes) =>
        {
            var at = first * tensor.DType.ByteSize();
            while (bytes.Length > 0)
            {
                var (row, skip) = Math.DivRem(at, width);
                var part = bytes[..(int)Math.Min(bytes.Length, width - skip)];
                if (from(row) is var (name, other)) { Source(name).ReadExactly((other * width) + skip, part); }
                else { part.Clear(); }
                bytes = bytes[part.Length..];
                at += part.Length;
            }
        });

        IByteSource Source(string name)
        {
            lock (sources) { return sources.TryGetValue(name, out var source) ? source : sources[name] = tensors.Of(name); }
        }
    }

    [GeneratedRegex(@"\.experts\.[0-9]+\.", RegexOptions.CultureInvariant)]
    private static partial Regex ExpertNumber();

    [GeneratedRegex(@"\.layers\.(?<l>[0-9]+)\.", RegexOptions.CultureInvariant)]
    private static partial Regex LayerNumber();
}
