using Ckpt.Cli.Export;
using Ckpt.Cli.Reshard;
using Ckpt.Cli.Running;

namespace Ckpt.Cli.MindSpeed;

/// <summary>What a line of <c>convert_ckpt</c> asks for, once understood: an export, or where a Megatron checkpoint stays one as it is, a resharding.</summary>
/// <param name="Era">Whose line it is.</param>
/// <param name="Export">The export, or null.</param>
/// <param name="Reshard">The resharding, or null.</param>
/// <param name="Notes">What is done otherwise than MindSpeed-LLM would.</param>
sealed record ConvertArguments(ConvertEra Era, ExportArguments? Export, ReshardArguments? Reshard, IReadOnlyList<string> Notes)
{
    internal RunSettings Settings => Export?.Settings ?? Reshard!.Settings;
}
