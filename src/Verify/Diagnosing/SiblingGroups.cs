using System.Text.RegularExpressions;

namespace Ckpt.Verify.Diagnosing;

/// <summary>Tensors that checkpoints fuse into one, whose rows may have got among each other: q, k and v; gate and up.</summary>
static partial class SiblingGroups
{
    static readonly string[][] s_groups = [["q_proj", "k_proj", "v_proj"], ["gate_proj", "up_proj"], ["w1", "w3"]];

    /// <summary>The names of a tensor's group, in the order they are fused in; null where it has none.</summary>
    internal static string[]? Of(string name)
    {
        var match = Sibling().Match(name);
        if (!match.Success) { return null; }
        var group = s_groups.First(group => group.Contains(match.Groups["module"].Value));
        return [.. group.Select(module => $"{match.Groups["before"].Value}{module}{match.Groups["after"].Value}")];
    }

    [GeneratedRegex(@"^(?<before>(.*\.)?)(?<module>[qkv]_proj|gate_proj|up_proj|w1|w3)(?<after>\.(weight|bias))$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Sibling();
}
