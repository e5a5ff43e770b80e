using System.Diagnostics;
using System.Globalization;

namespace Ckpt.Cli.Infer;

/// <summary>How long answers took, the wait for the first text apart.</summary>
sealed class AnswerClock
{
    readonly Stopwatch _watch = new();
    TimeSpan _begun;
    bool _hasText;

    internal int PromptTokens { get; private set; }

    internal int NewTokens { get; private set; }

    internal double Seconds => _watch.Elapsed.TotalSeconds;

    /// <summary>Tokens made a second.</summary>
    internal double Rate => Seconds > 0 ? NewTokens / Seconds : 0;

    /// <summary>Seconds until the first text came, of all answers together.</summary>
    internal double FirstSeconds { get; private set; }

    internal string Text => string.Create(CultureInfo.InvariantCulture, $"{PromptTokens:N0} tokens read, {NewTokens:N0} made in {Seconds:N1} s: {Rate:N1} tokens/s{(FirstSeconds > 0 ? $", the first text after {FirstSeconds:N2} s" : "")}");

    internal void Begin()
    {
        _watch.Start();
        (_begun, _hasText) = (_watch.Elapsed, false);
    }

    internal void End() => _watch.Stop();

    internal void OnText()
    {
        if (_hasText) { return; }
        _hasText = true;
        FirstSeconds += (_watch.Elapsed - _begun).TotalSeconds;
    }

    internal void Add(Answer answer) => (PromptTokens, NewTokens) = (PromptTokens + answer.PromptTokens, NewTokens + answer.NewTokens);
}
