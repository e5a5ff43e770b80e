using System.Text.RegularExpressions;

namespace Ckpt.Models.Quantisation;

/// <summary>
/// How configs name modules: a whole name, its beginning or end at a dot, or a pattern behind <c>re:</c>. Stricter than transformers, which also
/// takes beginnings inside a word, so that only a true contradiction counts as one.
/// </summary>
sealed class ModulePatterns
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    readonly HashSet<string> _names = new(StringComparer.Ordinal);
    readonly List<(string Text, Regex Regex)> _patterns = [];

    internal ModulePatterns(IEnumerable<string> texts)
    {
        foreach (var text in texts)
        {
            if (!text.StartsWith("re:", StringComparison.Ordinal)) { _names.Add(text.TrimEnd('.')); }
            else if (Compile(text[3..]) is { } regex) { _patterns.Add((text, regex)); }
        }
    }

    /// <summary>The module that a weight belongs to; of fused experts the tensor itself.</summary>
    internal static string ModuleOf(string tensor) => tensor.EndsWith(".weight", StringComparison.Ordinal) ? tensor[..^".weight".Length] : tensor;

    /// <summary>The name or pattern that a module goes by, or null.</summary>
    internal string? Find(string module)
    {
        if (_names.TryGetValue(module, out var name)) { return name; }
        var names = _names.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var dot = module.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = module.IndexOf('.', dot + 1))
        {
            if (names.TryGetValue(module.AsSpan(0, dot), out name) || names.TryGetValue(module.AsSpan(dot + 1), out name)) { return name; }
        }
        foreach (var (text, regex) in _patterns)
        {
            try { if (regex.IsMatch(module)) { return text; } }
            catch (RegexMatchTimeoutException) { } // a pattern that takes so long says nothing
        }
        return null;
    }

    // Python's re.match: from the beginning on. Patterns come out of a file: linear time where .NET can, a limit where it cannot.
    static Regex? Compile(string pattern)
    {
        try { return new Regex($"^(?:{pattern})", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, s_patience); }
        catch (NotSupportedException) { return new Regex($"^(?:{pattern})", RegexOptions.CultureInvariant, s_patience); }
        catch (RegexParseException) { return null; }
    }
}
