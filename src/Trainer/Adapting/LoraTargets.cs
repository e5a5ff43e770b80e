using System.Text.RegularExpressions;

namespace Ckpt.Trainer.Adapting;

/// <summary>Which modules of a model have adapters.</summary>
public static class LoraTargets
{
    /// <summary>Every linear module but head and routers.</summary>
    public const string AllLinear = "all-linear";

    /// <summary>Every router.</summary>
    public const string AllRouter = "all-router";

    /// <summary>The embedding.</summary>
    public const string AllEmbedding = "all-embedding";

    const string Head = "output_layer";

    /// <summary>The adapter of a module; null where it has none.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="module">The module's name.</param>
    public static LoraShape? ShapeOf(LoraOptions options, string module)
    {
        if (options.Modules is { } modules) { return modules.GetValueOrDefault(module); }
        return IsTarget(options, module) ? new LoraShape(options.Rank, options.Alpha) : null;
    }

    /// <summary>Whether a module is trained as a whole.</summary>
    public static bool IsSaved(LoraOptions options, string module) => options.ModulesToSave.Any(name => EndsWith(module, name));

    static bool IsTarget(LoraOptions options, string module)
    {
        if (IsSaved(options, module)) { return false; }
        // PEFT: a pattern has to fit the whole name.
        if (options.TargetPattern is { } pattern) { return Regex.IsMatch(module, $"^(?:{pattern})$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)); }
        var isRouter = EndsWith(module, "router");
        var isEmbedding = EndsWith(module, "word_embeddings");
        return options.Targets.Any(target => target switch
        {
            AllLinear => !isRouter && !isEmbedding && module != Head,
            AllRouter => isRouter,
            AllEmbedding => isEmbedding,
            _ => EndsWith(module, target),
        });
    }

    static bool EndsWith(string module, string name) => module == name || module.EndsWith("." + name, StringComparison.Ordinal);
}
