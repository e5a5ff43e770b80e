using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Torch;

namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>Elements per bucket as Megatron notes them: for each buffer a dict from (param dtype, grad dtype) to a list of ints.</summary>
sealed class BucketNumels
{
    readonly Dictionary<(int Buffer, string DType), IReadOnlyList<long>> _numels = [];
    readonly string _where;

    BucketNumels(string where) => _where = where;

    /// <exception cref="MalformedCheckpointException">STA-3.1: it has another form.</exception>
    internal static BucketNumels Parse(PickleNode? node, string where)
    {
        var numels = new BucketNumels(where);
        if (node is not PickleList buffers) { Throw.Form(where, node); return numels; }
        for (var i = 0; i < buffers.Items.Count; i++)
        {
            if (buffers.Items[i] is not PickleDict types) { Throw.Form(where, buffers.Items[i]); continue; }
            foreach (var (type, value) in types.Items) { numels._numels[(i, ParamDType(type, where))] = Ints(value, where); }
        }
        return numels;
    }

    /// <exception cref="MalformedCheckpointException">STA-3.1: nothing is noted of this buffer.</exception>
    internal IReadOnlyList<long> Of(int buffer, string dtype)
    {
        if (!_numels.TryGetValue((buffer, dtype), out var found)) { Throw.Missing(_where, buffer, dtype); }
        return found;
    }

    /// <summary>The parameters' type, of a pair with the gradients' or alone.</summary>
    internal static string ParamDType(PickleNode node, string where)
    {
        var first = node is PickleTuple { Items: [var param, _] } ? param : node;
        if (first is not PickleGlobal { Module: "torch" } global) { Throw.Form(where, node); return ""; }
        return global.FullName;
    }

    static long[] Ints(PickleNode node, string where)
    {
        if (node is not PickleList list) { Throw.Form(where, node); return []; }
        var ints = new long[list.Items.Count];
        for (var i = 0; i < ints.Length; i++)
        {
            if (list.Items[i] is not PickleInt { Value: var value } || value < 0 || value > long.MaxValue) { Throw.Form(where, list.Items[i]); continue; }
            ints[i] = (long)value;
        }
        return ints;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Form(string where, PickleNode? found) => throw new MalformedCheckpointException(
            "STA-3.1", where, $"{found?.GetType().Name ?? "nothing"} in what should be, for each buffer, a dict from (param dtype, grad dtype) to the numbers of elements of its buckets");

        [DoesNotReturn]
        internal static void Missing(string where, int buffer, string dtype) => throw new MalformedCheckpointException(
            "STA-3.1", where, $"notes nothing of gbuf_idx {buffer} of {dtype}");
    }
}
