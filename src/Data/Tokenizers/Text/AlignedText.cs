using System.Text;

namespace Ckpt.Data.Tokenizers.Text;

/// <summary>A text on its way through the pipeline that knows, for every unit, which range of the original it came from (TOK-4.2).</summary>
sealed class AlignedText
{
    readonly int _shift;
    readonly int[]? _starts;
    readonly int[]? _ends;

    AlignedText(string text, int shift, int[]? starts, int[]? ends)
    {
        Text = text;
        _shift = shift;
        _starts = starts;
        _ends = ends;
    }

    internal string Text { get; }

    /// <summary>A part of the original as it is.</summary>
    internal static AlignedText Of(string text, int shift) => new(text, shift, null, null);

    /// <summary>Where in the original the unit's origin starts.</summary>
    internal int StartOf(int index) => _starts is null ? _shift + index : _starts[index];

    /// <summary>Where in the original the unit's origin ends.</summary>
    internal int EndOf(int index) => _ends is null ? _shift + index + 1 : _ends[index];

    /// <summary>A part, on its own.</summary>
    internal AlignedText Slice(int start, int end)
    {
        if (start == 0 && end == Text.Length) { return this; }
        return _starts is null
            ? new AlignedText(Text[start..end], _shift + start, null, null)
            : new AlignedText(Text[start..end], 0, _starts[start..end], _ends![start..end]);
    }

    /// <summary>The same places with other text of the same length.</summary>
    internal AlignedText With(string sameLength) => _starts is null && sameLength.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')
        ? this.Transform(Changes(sameLength), 0)
        : new AlignedText(sameLength, _shift, _starts, _ends);

    /// <summary>The text with something put before its first character, which it shares the origin of.</summary>
    internal AlignedText Prepend(string prefix)
    {
        if (Text.Length == 0 || prefix.Length == 0) { return this; }
        var (starts, ends) = Materialise();
        _ = CodePoints.At(Text, 0, out var first);
        return new AlignedText(prefix + Text, 0, Before(prefix.Length, starts[0], starts), Before(prefix.Length, ends[first - 1], ends));
    }

    /// <summary>The text with every match replaced; what is put in shares the origin of the last character of its match.</summary>
    internal AlignedText Replace(IReadOnlyList<(int Start, int End)> matches, string content)
    {
        if (matches.Count == 0) { return this; }
        var (starts, ends) = Materialise();
        var text = new StringBuilder();
        var (newStarts, newEnds) = (new List<int>(Text.Length), new List<int>(Text.Length));
        var at = 0;
        foreach (var (start, end) in matches)
        {
            Copy(at, start);
            text.Append(content);
            for (var i = 0; i < content.Length; i++)
            {
                newStarts.Add(end == 0 ? 0 : starts[end - 1]);
                newEnds.Add(end == 0 ? 0 : ends[end - 1]);
            }
            at = end;
        }
        Copy(at, Text.Length);
        return new AlignedText(text.ToString(), 0, [.. newStarts], [.. newEnds]);

        void Copy(int from, int to)
        {
            text.Append(Text, from, to - from);
            newStarts.AddRange(starts.AsSpan(from, to - from));
            newEnds.AddRange(ends.AsSpan(from, to - from));
        }
    }

    /// <summary>The text that a list of characters and changes makes of this one; the first <paramref name="removed"/> characters are gone.</summary>
    internal AlignedText Transform(IReadOnlyList<CharChange> changes, int removed)
    {
        var (starts, ends) = Materialise();
        var text = new StringBuilder(Text.Length);
        var (newStarts, newEnds) = (new List<int>(Text.Length), new List<int>(Text.Length));
        var offset = Advance(0, removed);
        foreach (var (codePoint, change) in changes)
        {
            var from = Math.Min(change > 0 ? offset - 1 : offset, starts.Length - 1);
            var (start, end) = from < 0 ? (0, 0) : (starts[from], ends[from]);
            if (change <= 0) { offset = Advance(offset, 1 - change); }
            var units = codePoint < 0x10000 ? 1 : 2;
            if (units == 1) { text.Append((char)codePoint); }
            else { text.Append(char.ConvertFromUtf32(codePoint)); }
            for (var i = 0; i < units; i++)
            {
                newStarts.Add(start);
                newEnds.Add(end);
            }
        }
        return new AlignedText(text.ToString(), 0, [.. newStarts], [.. newEnds]);
    }

    int Advance(int offset, int characters)
    {
        for (; characters > 0 && offset < Text.Length; characters--)
        {
            _ = CodePoints.At(Text, offset, out var length);
            offset += length;
        }
        return offset;
    }

    static List<CharChange> Changes(string text)
    {
        var changes = new List<CharChange>(text.Length);
        for (var i = 0; i < text.Length;)
        {
            changes.Add(new CharChange(CodePoints.At(text, i, out var length), 0));
            i += length;
        }
        return changes;
    }

    /// <summary>The places written out; both halves of a pair come from the whole pair.</summary>
    (int[] Starts, int[] Ends) Materialise()
    {
        if (_starts is not null) { return (_starts, _ends!); }
        var (starts, ends) = (new int[Text.Length], new int[Text.Length]);
        for (var i = 0; i < Text.Length;)
        {
            _ = CodePoints.At(Text, i, out var length);
            for (var unit = i; unit < i + length; unit++) { (starts[unit], ends[unit]) = (_shift + i, _shift + i + length); }
            i += length;
        }
        return (starts, ends);
    }

    static int[] Before(int count, int value, int[] rest)
    {
        var all = new int[count + rest.Length];
        all.AsSpan(0, count).Fill(value);
        rest.CopyTo(all, count);
        return all;
    }
}
