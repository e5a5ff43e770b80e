using System.Diagnostics.CodeAnalysis;
using Ckpt.Models.Families;

namespace Ckpt.Models.Bridge;

/// <summary>Tells how the Hugging Face names of a multimodal model begin: as those present do, else as asked, else as usual (NAM-13.1).</summary>
static class HfNamings
{
    /// <summary>The choice's name where a naming is asked for or recorded.</summary>
    internal const string Choice = "hf names";

    internal static HfNaming? Of(ModelFamily family, BridgeOptions options, BridgeSight sight)
    {
        if (family.Namings.Count == 0) { return null; }
        if (options.Choices.TryGetValue(Choice, out var given))
        {
            return family.Namings.FirstOrDefault(naming => naming.Name == given) ?? Throw.Unknown(family, given);
        }
        var embedding = family.HfEmbedding[ResolvedBridge.ModelPrefix.Length..];
        return (sight.Has(FamilySide.Hf) is { } has ? family.Namings.FirstOrDefault(naming => has(naming.Model + embedding)) : null) ?? family.Namings[0];
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static HfNaming Unknown(ModelFamily family, string given) => throw new ArgumentException(
            $"{Choice} has no option \"{given}\"; there are {string.Join(", ", family.Namings.Select(static naming => naming.Name))}", nameof(given));
    }
}
