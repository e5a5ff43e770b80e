using System.Text;

namespace Ckpt.Data.Tokenizers.Text;

/// <summary>The four normalization forms, with every change told as the reference tells it (unicode-normalization-alignments; TOK-4.2).</summary>
static class UnicodeNormalizer
{
    /// <summary>Whether a text is in NFC already: true only where it surely is.</summary>
    internal static bool IsComposed(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyExceptInRange('\0', '\u02FF')) { return true; }
        var data = NormalizationData.Instance;
        var last = 0;
        for (var i = 0; i < text.Length;)
        {
            var codePoint = CodePoints.At(text, i, out var length);
            i += length;
            if (!data.MayChangeComposed(codePoint)) { last = 0; continue; }
            var order = data.Class(codePoint);
            // A mark that composes with nothing changes nothing where it stands in order.
            if (order == 0 || data.IsSecond(codePoint) || order < last) { return false; }
            last = order;
        }
        return true;
    }

    /// <summary>The characters of the normalized text, and where each came from.</summary>
    internal static List<CharChange> Normalize(string text, UnicodeForm form)
    {
        var decomposed = Decompose(text, form.Compatibility);
        return form.Composes ? Compose(decomposed) : decomposed;
    }

    /// <summary>The text in NFC: only what lies between characters that nothing changes is normalized, the rest is copied.</summary>
    internal static string Composed(ReadOnlySpan<char> text)
    {
        var data = NormalizationData.Instance;
        var result = new StringBuilder(text.Length);
        var (copied, safe) = (0, 0); // what is done; where the last character starts that nothing before it changes
        for (var at = 0; at < text.Length;)
        {
            var special = data.MayChangeComposed(CodePoints.At(text, at, out var length));
            if (!special) { safe = at; at += length; continue; }
            var end = at + length;
            while (end < text.Length && data.MayChangeComposed(CodePoints.At(text, end, out length))) { end += length; }
            result.Append(text[copied..safe]);
            foreach (var (codePoint, _) in Normalize(text[safe..end].ToString(), new UnicodeForm(false, true)))
            {
                if (codePoint < 0x10000) { result.Append((char)codePoint); }
                else { result.Append(char.ConvertFromUtf32(codePoint)); }
            }
            (copied, safe, at) = (end, end, end);
        }
        return result.Append(text[copied..]).ToString();
    }

    static List<CharChange> Decompose(string text, bool compatibility)
    {
        var data = NormalizationData.Instance;
        var result = new List<CharChange>(text.Length);
        var pending = 0; // where the run of marks starts that is still to be ordered
        for (var i = 0; i < text.Length;)
        {
            var codePoint = CodePoints.At(text, i, out var length);
            i += length;
            if (Hangul.IsSyllable(codePoint))
            {
                var (lead, vowel, tail) = Hangul.Decompose(codePoint);
                Add(lead, 0);
                Add(vowel, 1);
                if (tail != 0) { Add(tail, 1); }
                continue;
            }
            var parts = data.Decomposition(codePoint, compatibility);
            if (parts.IsEmpty) { Add(codePoint, 0); }
            for (var part = 0; part < parts.Length; part++) { Add(parts[part], part == 0 ? 0 : 1); }
        }
        Order(result, pending, data);
        return result;

        void Add(int codePoint, int change)
        {
            if (data.Class(codePoint) == 0)
            {
                Order(result, pending, data);
                pending = result.Count + 1;
            }
            result.Add(new CharChange(codePoint, change));
        }
    }

    /// <summary>Puts the marks from a place on in order of their classes; equal ones stay as they are.</summary>
    static void Order(List<CharChange> text, int start, NormalizationData data)
    {
        if (text.Count - start < 2) { return; }
        var sorted = text.Skip(start).OrderBy(c => data.Class(c.CodePoint)).ToList();
        for (var i = 0; i < sorted.Count; i++) { text[start + i] = sorted[i]; }
    }

    static List<CharChange> Compose(List<CharChange> text)
    {
        var data = NormalizationData.Instance;
        var result = new List<CharChange>(text.Count);
        var (starter, last) = (-1, -1); // place of the starter in the result; class of what stands between, −1 for nothing
        foreach (var next in text)
        {
            var order = data.Class(next.CodePoint);
            if (starter >= 0 && (last < 0 || last < order))
            {
                var made = data.Compose(result[starter].CodePoint, next.CodePoint);
                if (made >= 0)
                {
                    result[starter] = new CharChange(made, result[starter].Change + next.Change - 1);
                    continue;
                }
            }
            if (order == 0) { (starter, last) = (result.Count, -1); }
            else if (starter >= 0) { last = order; }
            result.Add(next);
        }
        return result;
    }
}
