using System.Globalization;

namespace Ckpt.Formats.Peft;

/// <summary>
/// Which modules an adapter's config targets, and with which rank and alpha: PEFT's own rules (<c>check_target_module_exists</c>,
/// <c>get_pattern_key</c>). Names are those of modules, from the model's root.
/// </summary>
public sealed class PeftTargets
{
    const string AllLinear = "all-linear";

    readonly PeftConfig _config;
    readonly PeftPattern? _target;
    readonly PeftPattern? _exclude;
    readonly PeftPattern[] _saved;
    readonly PeftPattern[] _layers;
    readonly (PeftPattern Pattern, int Value)[] _ranks;
    readonly (PeftPattern Pattern, double Value)[] _alphas;

    /// <summary>The rules of one config.</summary>
    /// <exception cref="MalformedCheckpointException">A pattern is no regular expression.</exception>
    public PeftTargets(PeftConfig config)
    {
        _config = config;
        var where = config.Where;
        IsAllLinear = string.Equals(config.TargetPattern, AllLinear, StringComparison.OrdinalIgnoreCase);
        _target = config.TargetPattern is { } target && !IsAllLinear ? PeftPattern.Full(target, where) : null;
        _exclude = config.ExcludePattern is { } exclude ? PeftPattern.Full(exclude, where) : null;
        _saved = [.. config.ModulesToSave.Select(name => PeftPattern.Within(name, where))];
        _layers = [.. (config.LayersPattern.Count == 0 ? ["[^.]*"] : config.LayersPattern).Select(name => PeftPattern.Layer(name, where))];
        _ranks = [.. config.RankPattern.Select(entry => (PeftPattern.Ending(entry.Key, where), entry.Value))];
        _alphas = [.. config.AlphaPattern.Select(entry => (PeftPattern.Ending(entry.Key, where), entry.Value))];
    }

    /// <summary>Whether the config says <c>all-linear</c> without the names that PEFT replaces it with.</summary>
    public bool IsAllLinear { get; }

    /// <summary>Whether a module gets an adapter.</summary>
    public bool IsTarget(string module)
    {
        if (_exclude?.IsMatch(module) == true || (_config.ExcludeModules is { } excluded && EndsWithAny(module, excluded))) { return false; }
        if (Array.Exists(_saved, pattern => pattern.IsMatch(module))) { return false; }
        if (IsAllLinear) { return true; }
        if (_target is not null) { return _target.IsMatch(module); }
        if (_config.TargetModules is not { } names) { return false; }
        if (names.Contains(module)) { return true; }
        return EndsWithAny(module, names) && IsChosenLayer(module);
    }

    /// <summary>Whether a parameter gets an adapter of its own.</summary>
    public bool IsTargetParameter(string parameter) => EndsWithAny(parameter, _config.TargetParameters);

    /// <summary>Whether a module's weights are saved whole: any module whose name ends with one listed, as text, or lies below one.</summary>
    public bool IsSaved(string module)
    {
        foreach (var name in _config.ModulesToSave)
        {
            for (var part = module; part.Length > 0; part = part.LastIndexOf('.') is > 0 and var dot ? part[..dot] : "")
            {
                if (part.EndsWith(name, StringComparison.Ordinal)) { return true; }
            }
        }
        return false;
    }

    /// <summary>The rank of a module or parameter.</summary>
    public int RankOf(string name)
    {
        foreach (var (pattern, value) in _ranks)
        {
            if (pattern.IsMatch(name)) { return value; }
        }
        return _config.Rank;
    }

    /// <summary>The alpha of a module or parameter.</summary>
    public double AlphaOf(string name)
    {
        foreach (var (pattern, value) in _alphas)
        {
            if (pattern.IsMatch(name)) { return value; }
        }
        return _config.Alpha;
    }

    /// <summary>What B·A is multiplied by: alpha over the rank, or over its root.</summary>
    public double ScalingOf(string name) => Scaling(AlphaOf(name), RankOf(name), _config.UseRslora);

    /// <summary>What B·A is multiplied by.</summary>
    public static double Scaling(double alpha, int rank, bool rslora) => rslora ? alpha / Math.Sqrt(rank) : alpha / rank;

    /// <summary>Whether the version that wrote the adapter is known to be this one or later.</summary>
    public bool IsWrittenBy(int major, int minor)
    {
        var parts = (_config.PeftVersion ?? "").Split('.');
        return parts.Length >= 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var foundMajor)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var foundMinor)
            && (foundMajor, foundMinor).CompareTo((major, minor)) >= 0;
    }

    bool IsChosenLayer(string module)
    {
        if (_config.LayersToTransform is not { } chosen) { return true; }
        foreach (var pattern in _layers)
        {
            if (pattern.LayerOf(module) is { } layer) { return chosen.Contains(layer); }
        }
        return false;
    }

    static bool EndsWithAny(string name, IReadOnlyList<string> endings)
    {
        foreach (var ending in endings)
        {
            if (name == ending || (name.Length > ending.Length && name.EndsWith(ending, StringComparison.Ordinal) && name[name.Length - ending.Length - 1] == '.')) { return true; }
        }
        return false;
    }
}
