using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Patterns;

/// <summary>Runs a compiled pattern on a text by backtracking, with a bound on the steps it may take (TOK-5.5).</summary>
ref struct PatternMachine(ReadOnlySpan<char> text, string pattern, string where)
{
    const long StepsAtLeast = 10_000_000;
    const long StepsPerUnit = 1_000;
    const int MostChoices = 1 << 22;

    readonly ReadOnlySpan<char> _text = text;
    (int Step, int At, int Least, int More)[] _stack = ArrayPool<(int, int, int, int)>.Shared.Rent(64);
    int _depth;
    long _left = StepsAtLeast + (StepsPerUnit * text.Length);

    /// <summary>Where a match that starts here ends, or −1.</summary>
    internal int Match(PatternStep[] steps, int start)
    {
        var bottom = _depth;
        var (step, at) = (0, start);
        while (true)
        {
            if (--_left < 0) { Throw.TooLong(pattern, where, _text.Length); }
            ref readonly var now = ref steps[step];
            var goesOn = true;
            switch (now.Op)
            {
                case PatternOp.Match:
                    _depth = bottom;
                    return at;
                case PatternOp.Char:
                    goesOn = Takes(now.Class!, ref at);
                    step++;
                    break;
                case PatternOp.Run:
                    goesOn = Run(now, step + 1, ref at);
                    step++;
                    break;
                case PatternOp.Split:
                    Push(now.B, at, at, 0);
                    step = now.A;
                    break;
                case PatternOp.Jump:
                    step = now.A;
                    break;
                case PatternOp.Atomic:
                    var end = Match(now.Inner!, at);
                    goesOn = end >= 0;
                    at = end;
                    step++;
                    break;
                case PatternOp.Ahead:
                    goesOn = Match(now.Inner!, at) >= 0 != now.Negative;
                    step++;
                    break;
                case PatternOp.Behind:
                    goesOn = Behind(now.Inner!, now.A, at) != now.Negative;
                    step++;
                    break;
                default:
                    goesOn = Holds(now.Edge, at);
                    step++;
                    break;
            }
            if (!goesOn && !Back(steps, bottom, out step, out at)) { return -1; }
        }
    }

    internal readonly void Dispose() => ArrayPool<(int, int, int, int)>.Shared.Return(_stack);

    /// <summary>Takes up the last choice that was left open.</summary>
    bool Back(PatternStep[] steps, int bottom, out int step, out int at)
    {
        while (_depth > bottom)
        {
            ref var top = ref _stack[_depth - 1];
            if (top.More > 0) // a lazy run, which may take one more
            {
                var run = steps[top.Step - 1];
                if (!Takes(run.Class!, ref top.At)) { _depth--; continue; }
                (step, at) = (top.Step, top.At);
                if (--top.More == 0) { _depth--; }
                return true;
            }
            (step, at) = (top.Step, top.At);
            if (at > top.Least) // a greedy run, which may give one back
            {
                _ = CodePoints.Before(_text, at, out var length);
                at = top.At -= length;
                if (at <= top.Least) { _depth--; }
                return true;
            }
            _depth--;
            if (top.More == 0) { return true; }
        }
        (step, at) = (0, 0);
        return false;
    }

    bool Run(in PatternStep run, int next, ref int at)
    {
        var count = 0;
        while (count < run.A && Takes(run.Class!, ref at)) { count++; }
        if (count < run.A) { return false; }
        if (run.Greed is RepeatGreed.Lazy)
        {
            if (run.B > count) { Push(next, at, at, run.B - count); }
            return true;
        }
        var least = at;
        while (count < run.B && Takes(run.Class!, ref at)) { count++; }
        _left -= count / 16;
        if (run.Greed is RepeatGreed.Greedy && at > least) { Push(next, at, least, 0); }
        return true;
    }

    readonly bool Takes(CharClass set, ref int at)
    {
        if (at >= _text.Length) { return false; }
        var unit = _text[at];
        if (unit < 128)
        {
            if (!set.Contains(unit)) { return false; }
            at++;
            return true;
        }
        if (!set.Contains(CodePoints.At(_text, at, out var length))) { return false; }
        at += length;
        return true;
    }

    bool Behind(PatternStep[] inner, int characters, int at)
    {
        var start = at;
        for (var i = 0; i < characters; i++)
        {
            if (start == 0) { return false; }
            _ = CodePoints.Before(_text, start, out var length);
            start -= length;
        }
        return Match(inner, start) >= 0;
    }

    readonly bool Holds(PatternKind edge, int at) => edge switch
    {
        PatternKind.Start => at == 0,
        PatternKind.End => at == _text.Length,
        PatternKind.LineStart => at == 0 || _text[at - 1] == '\n' && at < _text.Length,
        PatternKind.LineEnd => at == _text.Length || _text[at] == '\n',
        PatternKind.EndOrNewline => at == _text.Length || at == _text.Length - 1 && _text[at] == '\n',
        _ => IsEdge(at) == (edge is PatternKind.WordEdge),
    };

    readonly bool IsEdge(int at)
    {
        var before = at > 0 && CharClass.Word.Contains(CodePoints.Before(_text, at, out _));
        var after = at < _text.Length && CharClass.Word.Contains(CodePoints.At(_text, at, out _));
        return before != after;
    }

    void Push(int step, int at, int least, int more)
    {
        if (_depth == MostChoices) { Throw.TooLong(pattern, where, _text.Length); }
        if (_depth == _stack.Length)
        {
            var larger = ArrayPool<(int, int, int, int)>.Shared.Rent(2 * _stack.Length);
            _stack.CopyTo(larger, 0);
            ArrayPool<(int, int, int, int)>.Shared.Return(_stack);
            _stack = larger;
        }
        _stack[_depth++] = (step, at, least, more);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void TooLong(string pattern, string where, int length) => throw new UnsupportedDataException(
            "TOK-5.5", where, $"the pattern {Quoted.Text(pattern)} takes more than a thousand steps a character on a text of {length} units");
    }
}
