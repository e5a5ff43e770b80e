using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Safetensors;

/// <summary>Holds the tensors of a header to each other and to the file: rules 6 to 10, tensor by tensor in offset order.</summary>
static class SafetensorsRanges
{
    internal static SafetensorsTensor[] Check(List<SafetensorsEntry> entries, int headerLength, long fileLength, string where)
    {
        SortByOffset(entries);
        var data = (ulong)(fileLength - SafetensorsPrefix.Size - headerLength);
        var end = 0ul;
        foreach (var entry in entries)
        {
            if (entry.Begin != end || entry.End < entry.Begin) { Throw.Offset(where, entry, end); }
            end = entry.End;
            if (!TryBits(entry.DType, entry.Dims, out var bits)) { Throw.TooLarge(where, entry); }
            if (bits % 8 != 0) { Throw.PartOfAByte(where, entry, bits); }
            if (bits / 8 != entry.End - entry.Begin) { Throw.Size(where, entry, bits / 8); }
        }
        if (end > data) { Throw.DataMissing(where, entries, end, data); }
        if (end < data) { Throw.DataLeft(where, end, data, fileLength); }

        var tensors = new SafetensorsTensor[entries.Count];
        for (var i = 0; i < tensors.Length; i++)
        {
            // No offset is past the file's length now, so all fit 63 bits.
            var entry = entries[i];
            tensors[i] = new SafetensorsTensor(entry.Name, entry.DType, new Shape(entry.Dims), (long)entry.Begin, (long)entry.End);
        }
        return tensors;
    }

    /// <summary>Bits of all elements: SFT-3.2. An axis of size 0 makes it 0 whatever the order of the axes.</summary>
    internal static bool TryBits(DType dtype, ReadOnlySpan<long> dims, out ulong bits)
    {
        UInt128 product = (ulong)dtype.BitSize();
        var empty = false;
        var fits = true;
        foreach (var dim in dims)
        {
            if (dim < 0) { bits = 0; return false; }
            empty |= dim == 0;
            if (!fits || dim == 0) { continue; }
            product *= (ulong)dim;
            fits = product <= ulong.MaxValue;
        }
        bits = empty ? 0 : (ulong)product;
        return empty || fits;
    }

    static void SortByOffset(List<SafetensorsEntry> entries)
    {
        var sorted = true;
        for (var i = 1; i < entries.Count && sorted; i++) { sorted = Compare(entries[i - 1], entries[i]) <= 0; }
        if (sorted) { return; } // as every writer does it

        // Tensors of no bytes may share an offset: those keep the header's order.
        var order = new int[entries.Count];
        for (var i = 0; i < order.Length; i++) { order[i] = i; }
        Array.Sort(order, (a, b) => Compare(entries[a], entries[b]) is var by && by != 0 ? by : a.CompareTo(b));
        var copy = entries.ToArray();
        for (var i = 0; i < copy.Length; i++) { entries[i] = copy[order[i]]; }
    }

    static int Compare(in SafetensorsEntry a, in SafetensorsEntry b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End);

    static class Throw
    {
        [DoesNotReturn]
        internal static void Offset(string where, in SafetensorsEntry entry, ulong end) => throw new MalformedCheckpointException(
            "SFT-3.1", where, $"tensor {Quoted.Name(entry.Name)} has data_offsets [{entry.Begin}, {entry.End}], but the tensors before it end at {end}");

        [DoesNotReturn]
        internal static void TooLarge(string where, in SafetensorsEntry entry) => throw new MalformedCheckpointException(
            "SFT-3.2", where, $"{Say(entry)} has an axis past 2^63-1, or more than 2^64-1 bits");

        [DoesNotReturn]
        internal static void PartOfAByte(string where, in SafetensorsEntry entry, ulong bits) => throw new MalformedCheckpointException(
            "SFT-3.3", where, $"{Say(entry)} is {bits} bits, which is no whole number of bytes");

        [DoesNotReturn]
        internal static void Size(string where, in SafetensorsEntry entry, ulong bytes) => throw new MalformedCheckpointException(
            "SFT-3.4", where, $"{Say(entry)} takes {bytes} bytes, data_offsets [{entry.Begin}, {entry.End}] give {entry.End - entry.Begin}");

        [DoesNotReturn]
        internal static void DataMissing(string where, List<SafetensorsEntry> entries, ulong end, ulong data)
        {
            var cut = entries.Where(e => e.End > data && e.End > e.Begin).Select(e => e.Name).ToList();
            throw new MalformedCheckpointException(
                "SFT-3.5", where, $"the file is cut: {end} bytes of data announced, {data} there, {end - data} missing; not complete are {cut.Count} of {entries.Count} tensors: {Quoted.Names(cut)}");
        }

        [DoesNotReturn]
        internal static void DataLeft(string where, ulong end, ulong data, long fileLength) => throw new MalformedCheckpointException(
            "SFT-3.6", where, $"{data - end} bytes follow the last tensor, which ends at byte {(ulong)fileLength - (data - end)} of {fileLength}");

        static string Say(in SafetensorsEntry entry) => $"tensor {Quoted.Name(entry.Name)}, {entry.DType.SafetensorsName()} {Text(entry.Dims)},";

        static string Text(long[] dims)
        {
            var shown = string.Join(", ", dims.Take(16).Select(dim => (ulong)dim));
            return dims.Length > 16 ? $"[{shown}, … {dims.Length} axes]" : $"[{shown}]";
        }
    }
}
