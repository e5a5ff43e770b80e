using Ckpt.Models.Megatron.Legacy;

namespace Ckpt.Models.Megatron.Dcp;

/// <summary>Which rows of a tensor a stored one holds.</summary>
enum DcpHalf
{
    /// <summary>All.</summary>
    Whole,

    /// <summary>The gate: the upper half of a gated <c>linear_fc1</c>, <c>weight_w</c>.</summary>
    Gate,

    /// <summary>Up: the lower half, <c>weight_v</c>.</summary>
    Up,
}

/// <summary>
/// The name of a model's tensor, or of an optimizer state of one, in a nested dict that torch flattened: <c>model.module.KEY</c>,
/// <c>optimizer.state.module.module.module.KEY.STATE</c>. Source: Megatron-LM training/checkpointing.py generate_state_dict,
/// core/transformer/fsdp_dtensor_checkpoint.py.
/// </summary>
/// <param name="State">The optimizer state; null of the model itself.</param>
/// <param name="Key">Megatron's name of the tensor this is a part of, its layer by number.</param>
/// <param name="Expert">The expert it is of; −1 where the name has none.</param>
/// <param name="Half">Which half of it.</param>
readonly record struct DcpName(string? State, string Key, int Expert, DcpHalf Half)
{
    const string Model = "model.";
    const string States = "optimizer.state.";
    const string Gated = "linear_fc1.";

    /// <summary>The parameter's own name: what wrappers put in front is taken off.</summary>
    internal static bool TryModel(string stored, out DcpName name)
    {
        name = default;
        if (!stored.StartsWith(Model, StringComparison.Ordinal)) { return false; }
        name = Of(null, stored[Model.Length..]);
        return true;
    }

    /// <summary>A state that is kept by its parameter's name; by number it is none.</summary>
    internal static bool TryState(string stored, out DcpName name)
    {
        name = default;
        if (!stored.StartsWith(States, StringComparison.Ordinal)) { return false; }
        var rest = stored[States.Length..];
        var dot = rest.LastIndexOf('.');
        if (dot <= 0 || dot == rest.Length - 1 || rest[..dot].All(char.IsAsciiDigit)) { return false; }
        name = Of(rest[(dot + 1)..], rest[..dot]);
        return true;
    }

    /// <summary>A parameter's stored name, and a state of it.</summary>
    internal static DcpName Of(string? state, string parameter)
    {
        var half = parameter.EndsWith("_w", StringComparison.Ordinal) ? DcpHalf.Gate : parameter.EndsWith("_v", StringComparison.Ordinal) ? DcpHalf.Up : DcpHalf.Whole;
        if (half != DcpHalf.Whole && !IsGated(parameter[..^2])) { half = DcpHalf.Whole; }
        var key = LegacyKey.OfCore(half == DcpHalf.Whole ? parameter : parameter[..^2]);
        if (!key.IsInLayer) { return new DcpName(state, key.Path, -1, half); }
        var path = LegacyPaths.TryExpert(key.Path, out var canonical, out var expert) ? canonical : LegacyPaths.Plain(key.Path);
        return new DcpName(state, (key with { Path = path }).Name(key.Local), path == canonical ? expert : -1, half);
    }

    /// <summary>Whether a name without its last two letters is that of a gated projection: <c>linear_fc1.weight</c>, <c>linear_fc1.bias7</c>.</summary>
    static bool IsGated(string parameter)
    {
        var end = parameter.AsSpan().TrimEnd("0123456789");
        return end.EndsWith(Gated + "weight", StringComparison.Ordinal) || end.EndsWith(Gated + "bias", StringComparison.Ordinal);
    }
}
