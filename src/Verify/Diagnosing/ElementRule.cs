using System.Globalization;
using System.Runtime.InteropServices;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Elements;

namespace Ckpt.Verify.Diagnosing;

/// <summary>A change of each element on its own, as a cause that can be tried.</summary>
/// <param name="Diagnosis">What is said where it holds.</param>
/// <param name="Reversed">Whether the first is the second changed, and not the other way round.</param>
/// <param name="Factor">What elements are multiplied by.</param>
/// <param name="Term">What is added then.</param>
/// <param name="Through">The type they are rounded to on the way; null: none.</param>
readonly record struct ElementRule(Diagnosis Diagnosis, bool Reversed, double Factor, double Term, DType? Through)
{
    /// <summary>What may be so for two tensors of these types.</summary>
    /// <param name="typeA">Of the first.</param>
    /// <param name="typeB">Of the second.</param>
    /// <param name="a">The first's largest element; a factor is that of both.</param>
    /// <param name="b">The second's at that place.</param>
    internal static IEnumerable<ElementRule> Candidates(DType typeA, DType typeB, double a, double b)
    {
        if (typeA != typeB)
        {
            yield return new(new(DiagnosisKind.Cast, $"B is A cast to {typeB.DisplayName()}"), false, 1, 0, null);
            yield return new(new(DiagnosisKind.Cast, $"A is B cast to {typeA.DisplayName()}"), true, 1, 0, null);
            yield break;
        }
        foreach (var narrow in (DType[])[DType.BF16, DType.F16, DType.F8E4M3, DType.F8E5M2])
        {
            if (narrow.BitSize() > typeA.BitSize() || narrow == typeA) { continue; }
            yield return new(new(DiagnosisKind.Rounded, $"B is A rounded to {narrow.DisplayName()}"), false, 1, 0, narrow);
            yield return new(new(DiagnosisKind.Rounded, $"A is B rounded to {narrow.DisplayName()}"), true, 1, 0, narrow);
        }
        foreach (var term in (double[])[1, -1])
        {
            yield return new(new(DiagnosisKind.Added, $"B is A {(term > 0 ? "plus" : "minus")} 1 (a norm that one side centres on zero)"), false, 1, term, null);
            yield return new(new(DiagnosisKind.Added, $"A is B {(term > 0 ? "plus" : "minus")} 1 (a norm that one side centres on zero)"), true, 1, term, null);
        }
        foreach (var factor in Factors(b / a)) { yield return new(new(DiagnosisKind.Scaled, $"B is A times {Text(factor)}"), false, factor, 0, null); }
        foreach (var factor in Factors(a / b)) { yield return new(new(DiagnosisKind.Scaled, $"A is B times {Text(factor)}"), true, factor, 0, null); }
    }

    /// <summary>Whether one block obeys the rule.</summary>
    internal bool Holds(ReadOnlySpan<double> from, DType type, ReadOnlySpan<byte> to, Span<double> values, Span<byte> bytes)
    {
        for (var i = 0; i < from.Length; i++) { values[i] = (from[i] * Factor) + Term; }
        if (Through is { } narrow)
        {
            var through = bytes[..(from.Length * narrow.ByteSize())];
            ElementCast.Cast(DType.F64, MemoryMarshal.AsBytes(values[..from.Length]), narrow, through);
            ElementCast.Cast(narrow, through, DType.F64, MemoryMarshal.AsBytes(values[..from.Length]));
        }
        var made = bytes[..to.Length];
        ElementCast.Cast(DType.F64, MemoryMarshal.AsBytes(values[..from.Length]), type, made);
        return made.SequenceEqual(to);
    }

    /// <summary>The quotient as it is, as the nearest whole number or its inverse, and as the root of one: what scales are in models.</summary>
    static IEnumerable<double> Factors(double quotient)
    {
        if (!double.IsFinite(quotient) || quotient == 0) { return []; }
        var (sign, size) = (Math.Sign(quotient), Math.Abs(quotient));
        double[] factors = [size, Math.Round(size), 1 / Math.Round(1 / size), Math.Sqrt(Math.Round(size * size)), 1 / Math.Sqrt(Math.Round(1 / (size * size))), Math.Round(size * 1000) / 1000];
        return factors.Where(static factor => double.IsFinite(factor) && factor > 0).Select(factor => sign * factor).Where(static factor => factor != 1).Distinct();
    }

    static string Text(double factor) => factor.ToString("R", CultureInfo.InvariantCulture);
}
