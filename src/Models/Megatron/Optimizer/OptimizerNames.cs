using System.Globalization;

namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>A state of one model tensor: <c>optimizer.state.{State}.{Key}</c>.</summary>
/// <param name="Chain">The prefixes of chained optimizers, <c>chained_0.</c>; empty where there are none.</param>
/// <param name="State"><c>exp_avg</c>, <c>fp32_param</c>, …</param>
/// <param name="Key">The model tensor.</param>
readonly record struct ModelStateName(string Chain, string State, string Key);

/// <summary>A part of a grad buffer: <c>optimizer.distributed.dp_group_idx_{Group}.gbuf_idx_{Buffer}.dtype_({ParamDType}, {GradDType}).bucket_idx_{Bucket}.{State}</c>.</summary>
readonly record struct BucketStateName(string Chain, int Group, int Buffer, string ParamDType, string GradDType, int Bucket, string State);

/// <summary>What a model-parallel group keeps besides: <c>optimizer.distributed.dp_group_idx_{Group}.{Kind}</c>.</summary>
readonly record struct GroupStateName(string Chain, int Group, string Kind);

/// <summary>Reads the names optimizers give their states (STA-1.1). Source: Megatron-LM core/optimizer/distrib_optimizer.py, optimizer.py ChainedOptimizer.</summary>
static class OptimizerNames
{
    internal const string Root = "optimizer.";
    const string Chained = "chained_";
    const string State = "optimizer.state.";
    const string Group = "optimizer.distributed.dp_group_idx_";
    const string Shard = "/shard_";

    /// <summary>Whether a name belongs to an optimizer.</summary>
    internal static bool IsOptimizer(string name) => Strip(name, out _).StartsWith(Root, StringComparison.Ordinal);

    internal static bool TryModelState(string name, out ModelStateName found)
    {
        found = default;
        var rest = Strip(name, out var chain);
        if (!rest.StartsWith(State, StringComparison.Ordinal)) { return false; }
        var dot = rest.IndexOf('.', State.Length);
        if (dot <= State.Length || dot == rest.Length - 1) { return false; }
        // torch's own optimizers number parameters: what follows the number is the state.
        if (rest.AsSpan(State.Length, dot - State.Length).IndexOfAnyExceptInRange('0', '9') < 0) { return false; }
        found = new ModelStateName(chain, rest[State.Length..dot], rest[(dot + 1)..]);
        return true;
    }

    internal static bool TryBucketState(string name, out BucketStateName found)
    {
        found = default;
        var rest = Strip(name, out var chain).AsSpan();
        if (!Number(ref rest, Group, out var group) || !Number(ref rest, ".gbuf_idx_", out var buffer)) { return false; }
        if (!rest.StartsWith(".dtype_(", StringComparison.Ordinal) || rest.IndexOf(')') is not (> 8 and var close)) { return false; }
        var types = rest[8..close].ToString().Split(", ");
        rest = rest[(close + 1)..];
        if (types.Length != 2 || !Number(ref rest, ".bucket_idx_", out var bucket) || rest.Length < 2 || rest[0] != '.') { return false; }
        found = new BucketStateName(chain, group, buffer, types[0], types[1], bucket, rest[1..].ToString());
        return true;
    }

    internal static bool TryGroupState(string name, out GroupStateName found)
    {
        found = default;
        var rest = Strip(name, out var chain).AsSpan();
        if (!Number(ref rest, Group, out var group) || rest.Length < 2 || rest[0] != '.' || rest.IndexOf(Shard, StringComparison.Ordinal) is not (> 1 and var end)) { return false; }
        found = new GroupStateName(chain, group, rest[1..end].ToString());
        return true;
    }

    /// <summary>The name without the prefixes of chained optimizers, of which there may be several.</summary>
    static string Strip(string name, out string chain)
    {
        var at = 0;
        while (string.CompareOrdinal(name, at, Chained, 0, Chained.Length) == 0)
        {
            var end = at + Chained.Length;
            while (end < name.Length && char.IsAsciiDigit(name[end])) { end++; }
            if (end == at + Chained.Length || end == name.Length || name[end] != '.') { break; }
            at = end + 1;
        }
        chain = name[..at];
        return name[at..];
    }

    static bool Number(ref ReadOnlySpan<char> text, string prefix, out int number)
    {
        number = 0;
        if (!text.StartsWith(prefix, StringComparison.Ordinal)) { return false; }
        var end = prefix.Length;
        while (end < text.Length && char.IsAsciiDigit(text[end])) { end++; }
        if (!int.TryParse(text[prefix.Length..end], NumberStyles.None, CultureInfo.InvariantCulture, out number)) { return false; }
        text = text[end..];
        return true;
    }
}
