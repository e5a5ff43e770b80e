using System.Text;
using Ckpt.Data.Tokenizers;

namespace Ckpt.Cli.Infer;

/// <summary>An answer's text as its tokens come: never half a character, never what ends it.</summary>
/// <param name="tokenizer">Whose tokens they are.</param>
/// <param name="stopIds">Tokens that end it.</param>
/// <param name="stopTexts">Texts that end it.</param>
/// <param name="opening">What it begins with.</param>
sealed class AnswerText(Tokenizer tokenizer, IReadOnlySet<int> stopIds, IReadOnlyList<string> stopTexts, string opening)
{
    readonly StreamingDecoder _decoder = tokenizer.Stream();
    readonly StringBuilder _text = new(opening);
    string _held = "";
    bool _isCut;

    /// <summary>What is certain of the answer.</summary>
    internal string Text => _text.ToString();

    /// <summary>Whether it has come to its end, and not merely to the tokens allowed.</summary>
    internal bool HasStopped { get; private set; }

    /// <summary>Takes a token and gives the text that is certain with it.</summary>
    internal string Push(int token)
    {
        if (stopIds.Contains(token))
        {
            HasStopped = true;
            return "";
        }
        return Certain(_decoder.Push(token), isLast: false);
    }

    /// <summary>Gives what is left.</summary>
    internal string Finish() => _isCut ? "" : Certain(_decoder.Flush(), isLast: true);

    string Certain(string more, bool isLast)
    {
        var text = _held + more;
        var end = stopTexts.Select(stop => text.IndexOf(stop, StringComparison.Ordinal)).Where(static at => at >= 0).DefaultIfEmpty(-1).Min();
        var keep = end >= 0 || isLast ? 0 : Enumerable.Range(0, text.Length).Where(at => stopTexts.Any(stop => stop.Length > text.Length - at && stop.StartsWith(text[at..], StringComparison.Ordinal))).Select(at => text.Length - at).DefaultIfEmpty(0).Max();
        var certain = end >= 0 ? text[..end] : text[..^keep];
        _held = end >= 0 ? "" : text[^keep..];
        _isCut |= end >= 0;
        HasStopped |= _isCut;
        _text.Append(certain);
        return certain;
    }
}
