using System.Runtime.CompilerServices;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>What one rendering has used of what it may: steps, characters made, depth. Knows the line for messages.</summary>
sealed class JinjaRun(string where, TemplateLimits limits, DateTime now)
{
    /// <summary>Expressions, statements, macros and iterators inside each other; Python's own limit is 1000 frames.</summary>
    internal const int MaxDepth = 700;

    /// <summary>What an item of a list counts as, against <see cref="TemplateLimits.MaxWork"/>.</summary>
    internal const int ItemWork = 32;

    long _steps = limits.MaxSteps;
    long _work = limits.MaxWork;
    int _depth;

    /// <summary>The line of the template that is being evaluated.</summary>
    internal int Line { get; set; } = 1;

    internal DateTime Now { get; } = now;

    internal int MaxOutput { get; } = limits.MaxOutput;

    internal string Where => $"{where}: line {Line}";

    internal void Step(long count = 1)
    {
        _steps -= count;
        if (_steps < 0) { JinjaThrow.Limit(this, $"more than {limits.MaxSteps} steps"); }
    }

    /// <summary>Pays for characters that are about to be made.</summary>
    internal void Pay(long characters)
    {
        _work -= Math.Max(characters, 0);
        if (_work < 0) { JinjaThrow.Limit(this, $"more than {limits.MaxWork} characters of work"); }
    }

    /// <summary>Pays for items of a list that is about to be made.</summary>
    internal void PayItems(long count) => Pay(count > long.MaxValue / ItemWork ? long.MaxValue : count * ItemWork);

    internal void Enter()
    {
        Step();
        if (++_depth > MaxDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack()) { JinjaThrow.TooDeep(this, MaxDepth); }
    }

    internal void Leave() => _depth--;
}
