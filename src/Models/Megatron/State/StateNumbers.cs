using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Torch;

namespace Ckpt.Models.Megatron.State;

/// <summary>Reads the numbers of a run's state; Python's ints and floats are both taken where the value fits.</summary>
readonly struct StateNumbers(string where)
{
    internal long? Whole(PickleNode? node, string name)
    {
        switch (node)
        {
            case null or PickleNone: return null;
            case PickleInt number when number.Value >= long.MinValue && number.Value <= long.MaxValue: return (long)number.Value;
            // torch's optimizers count steps in floats.
            case PickleFloat number when number.Value == Math.Floor(number.Value) && Math.Abs(number.Value) < 1L << 53: return (long)number.Value;
            default: Throw.NoNumber(where, name, "a whole number"); return null;
        }
    }

    internal double? Number(PickleNode? node, string name)
    {
        switch (node)
        {
            case null or PickleNone: return null;
            case PickleFloat number: return number.Value;
            case PickleInt number: return (double)number.Value;
            default: Throw.NoNumber(where, name, "a number"); return null;
        }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoNumber(string where, string name, string what) => throw new MalformedCheckpointException("TRN-13.2", where, $"{name} in the state of the run is not {what}");
    }
}
