using System.Globalization;
using Ckpt.Cli.Flags;
using Ckpt.Formats.TorchDist;

namespace Ckpt.Cli.Running;

/// <summary>Chooses the form of a torch_dist checkpoint for the Megatron version that is to read it.</summary>
static class MegatronForm
{
    /// <summary>
    /// Without a version, and up to 0.18: the minimal form that every version from 0.8 on reads. From 0.19 on: the form that version writes,
    /// with the common state inside.
    /// </summary>
    /// <exception cref="UsageException">CLI-3.9: not a version, or one that cannot read torch_dist.</exception>
    internal static TorchDistForm Of(string? version)
    {
        if (version is null) { return TorchDistForm.Minimal; }
        var text = version.StartsWith("core_v", StringComparison.Ordinal) ? version["core_v".Length..] : version.TrimStart('v');
        var parts = text.Split('.');
        if (parts.Length < 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var minor))
        {
            throw new UsageException("CLI-3.9", "--megatron_version", $"{version}; a version of megatron-core looks like 0.15 or 0.19.0");
        }
        return (major, minor) switch
        {
            (0, < 8) => throw new UsageException("CLI-3.9", "--megatron_version", $"{version}; torch_dist checkpoints written here are read from 0.8 on"),
            (0, < 19) => TorchDistForm.Minimal,
            _ => TorchDistForm.Core019,
        };
    }
}
