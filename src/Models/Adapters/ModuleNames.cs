namespace Ckpt.Models.Adapters;

/// <summary>Finds short names that a config can list for modules: endings that no other module has.</summary>
static class ModuleNames
{
    /// <summary>Endings, sorted, such that the modules that end so are exactly the chosen ones.</summary>
    /// <param name="chosen">The modules meant.</param>
    /// <param name="all">Every module there is; may leave out chosen ones.</param>
    /// <param name="atDots">Whether an ending must begin behind a dot (target_modules), or may anywhere (modules_to_save).</param>
    internal static IReadOnlyList<string> Endings(IReadOnlyCollection<string> chosen, IEnumerable<string> all, bool atDots)
    {
        var wanted = chosen.ToHashSet(StringComparer.Ordinal);
        var others = all.Where(name => !wanted.Contains(name)).ToArray();
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var bad = new HashSet<string>(StringComparer.Ordinal);
        var good = new SortedSet<string>(StringComparer.Ordinal);
        // Every ending of a module that is not meant is one that cannot be listed.
        foreach (var other in others)
        {
            for (var at = 0; at >= 0; at = Next(other, at, atDots)) { bad.Add(other[at..]); }
        }
        foreach (var name in chosen)
        {
            if (!taken.Add(name)) { continue; }
            var at = name.LastIndexOf('.') + 1;
            while (at > 0 && bad.Contains(name[at..])) { at = at >= 2 ? name.LastIndexOf('.', at - 2) + 1 : 0; }
            good.Add(name[at..]);
        }
        return [.. good];
    }

    static int Next(string name, int at, bool atDots)
    {
        if (!atDots) { return at + 1 < name.Length ? at + 1 : -1; }
        var dot = name.IndexOf('.', at);
        return dot < 0 ? -1 : dot + 1;
    }
}
