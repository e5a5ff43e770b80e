using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Ckpt.Formats;
using Ckpt.Formats.Peft;
using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Adapters;

/// <summary>
/// ADP-1.6: whether every module that a config targets has its tensors. Experts and routers are modules in one version of transformers and
/// parameters in another, so that those are asked for only where the adapter has some of their kind.
/// </summary>
static partial class PeftExpected
{
    static readonly string[] s_notLinear = ["embed_tokens", "lm_head", "score", "classifier"];

    internal static void Check(PeftTargets targets, IReadOnlyDictionary<string, Shape> shapes, IReadOnlySet<string> adapted, string where)
    {
        var kinds = adapted.Select(Kind).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, shape) in shapes)
        {
            if (shape.Rank == 3 && targets.IsTargetParameter(name) && !adapted.Contains(name)) { Throw.Missing(where, name); }
            if (shape.Rank != 2 || !name.EndsWith(".weight", StringComparison.Ordinal)) { continue; }
            var module = name[..^".weight".Length];
            if (adapted.Contains(module) || adapted.Contains(name)) { continue; }
            if (!targets.IsTarget(module) || (targets.IsAllLinear && s_notLinear.Contains(module[(module.LastIndexOf('.') + 1)..]))) { continue; }
            if (SometimesModules().IsMatch(module) && !kinds.Contains(Kind(module))) { continue; }
            Throw.Missing(where, module);
        }
    }

    static string Kind(string module) => Numbers().Replace(module, ".#");

    [GeneratedRegex(@"\.[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Numbers();

    [GeneratedRegex(@"\.experts\.|\.(gate|router)$", RegexOptions.CultureInvariant)]
    private static partial Regex SometimesModules();

    static class Throw
    {
        [DoesNotReturn]
        internal static void Missing(string where, string module) => throw new MalformedCheckpointException(
            "ADP-1.6", where, $"the config targets {module}, and the file has no lora_A of it");
    }
}
