using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;

namespace Ckpt.Sharding.Layouts;

/// <summary>Parses the two forms of a pipeline layout; what comes out is bounded whatever the text says.</summary>
ref struct StagePatternParser
{
    const int MostItems = 1 << 16;
    const int DeepestNesting = 16;

    // What stands for the end of a stage among items that are not yet shared out.
    const int Bar = -1;

    readonly string _text;
    int _at;

    internal StagePatternParser(string text) => _text = text;

    internal static StageItem ItemOf(string name) => name.Trim().ToLowerInvariant() switch
    {
        "embedding" => StageItem.Embedding,
        "decoder" => StageItem.Layer,
        "mtp" => StageItem.Mtp,
        "loss" => StageItem.Loss,
        _ => Throw.UnknownName(name),
    };

    internal IReadOnlyList<IReadOnlyList<StageItem>> Parse() => _text.AsSpan().TrimStart().StartsWith("[") ? List() : Stages(Sequence(0));

    static List<IReadOnlyList<StageItem>> Stages(List<int> items)
    {
        var stages = new List<IReadOnlyList<StageItem>>();
        var stage = new List<StageItem>();
        foreach (var item in items)
        {
            if (item != Bar) { stage.Add((StageItem)item); continue; }
            stages.Add(stage);
            stage = [];
        }
        stages.Add(stage);
        return stages;
    }

    /// <summary>Items up to the end of the text, or of the parenthesis that was opened.</summary>
    List<int> Sequence(int depth)
    {
        if (depth > DeepestNesting) { Throw.TooDeep(_text, _at); }
        var items = new List<int>();
        while (Skip() && _text[_at] != ')')
        {
            var start = _at;
            var part = Part(depth);
            var times = Times(mandatory: _text[start] == '(');
            // An empty part may be repeated as often as it likes.
            if (part.Count > 0 && times > (MostItems - items.Count) / part.Count) { Throw.TooMany(_text, start); }
            for (var i = 0; i < times && part.Count > 0; i++) { items.AddRange(part); }
        }
        if (depth == 0 && _at < _text.Length) { Throw.Character(_text, _at); }
        return items;
    }

    List<int> Part(int depth)
    {
        switch (_text[_at])
        {
            case '(':
                var start = _at++;
                var inner = Sequence(depth + 1);
                if (_at == _text.Length) { Throw.NotClosed(_text, start); }
                _at++;
                return inner;
            case '|': _at++; return [Bar];
            case 'E': _at++; return [(int)StageItem.Embedding];
            case 't': _at++; return [(int)StageItem.Layer];
            case 'm': _at++; return [(int)StageItem.Mtp];
            case 'L': _at++; return [(int)StageItem.Loss];
            default: return Throw.Character<List<int>>(_text, _at);
        }
    }

    int Times(bool mandatory)
    {
        if (!Skip() || _text[_at] != '*')
        {
            if (mandatory) { Throw.NoNumber(_text, _at); }
            return 1;
        }
        _at++;
        Skip();
        var start = _at;
        var times = 0;
        for (; _at < _text.Length && char.IsAsciiDigit(_text[_at]); _at++)
        {
            times = (times * 10) + (_text[_at] - '0');
            if (times > MostItems) { Throw.TooMany(_text, start); }
        }
        if (_at == start) { Throw.NoNumber(_text, _at); }
        return times;
    }

    /// <summary>Moves over blanks and commas; false at the end.</summary>
    bool Skip()
    {
        while (_at < _text.Length && (_text[_at] is ',' or ' ')) { _at++; }
        return _at < _text.Length;
    }

    List<IReadOnlyList<StageItem>> List()
    {
        var stages = new List<IReadOnlyList<StageItem>>();
        Expect('[');
        while (!Ends(']'))
        {
            var stage = new List<StageItem>();
            Expect('[');
            while (!Ends(']'))
            {
                stage.Add(ItemOf(Quoted()));
                Separate(']');
            }
            stages.Add(stage);
            Separate(']');
        }
        Blank();
        if (_at < _text.Length) { Throw.Character(_text, _at); }
        return stages;
    }

    string Quoted()
    {
        Blank();
        if (_at == _text.Length || _text[_at] is not ('\'' or '"')) { Throw.Character(_text, _at); }
        var end = _text.IndexOf(_text[_at], _at + 1);
        if (end < 0) { Throw.NotClosed(_text, _at); }
        var name = _text[(_at + 1)..end];
        _at = end + 1;
        return name;
    }

    bool Ends(char end)
    {
        Blank();
        if (_at == _text.Length) { Throw.Character(_text, _at); }
        if (_text[_at] != end) { return false; }
        _at++;
        return true;
    }

    /// <summary>A comma, which may be left out before the end.</summary>
    void Separate(char end)
    {
        Blank();
        if (_at < _text.Length && _text[_at] == end) { return; }
        Expect(',');
    }

    void Expect(char character)
    {
        Blank();
        if (_at == _text.Length || _text[_at] != character) { Throw.Character(_text, _at); }
        _at++;
    }

    void Blank()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at])) { _at++; }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static StageItem UnknownName(string name) => throw new LayoutException(
            "LAY-3.5", ParallelSizes.Where, $"{Formats.Quoted.Name(name)} is no part of a model; allowed are embedding, decoder, mtp, loss");

        [DoesNotReturn]
        internal static void Character(string text, int at) => Character<object>(text, at);

        [DoesNotReturn]
        internal static T Character<T>(string text, int at) => throw new LayoutException(
            "LAY-3.5", ParallelSizes.Where, at == text.Length
                ? $"the pipeline layout {Formats.Quoted.Name(text)} ends too early"
                : $"the pipeline layout {Formats.Quoted.Name(text)} has {Formats.Quoted.Name(text[at..(at + 1)])} at {at}; allowed are E, t, m, L, '|', (…)*n and x*n, or a list of lists of names");

        [DoesNotReturn]
        internal static void NotClosed(string text, int at) => throw new LayoutException(
            "LAY-3.5", ParallelSizes.Where, $"the pipeline layout {Formats.Quoted.Name(text)} does not close what opens at {at}");

        [DoesNotReturn]
        internal static void NoNumber(string text, int at) => throw new LayoutException(
            "LAY-3.5", ParallelSizes.Where, $"the pipeline layout {Formats.Quoted.Name(text)} lacks a number at {at}: write (…)*n or x*n");

        [DoesNotReturn]
        internal static void TooMany(string text, int at) => throw new LayoutException(
            "LAY-3.5", ParallelSizes.Where, $"the pipeline layout {Formats.Quoted.Name(text)} repeats too often at {at}; at most {MostItems} items are allowed");

        [DoesNotReturn]
        internal static void TooDeep(string text, int at) => throw new LayoutException(
            "LAY-3.5", ParallelSizes.Where, $"the pipeline layout {Formats.Quoted.Name(text)} nests deeper than {DeepestNesting} at {at}");
    }
}
