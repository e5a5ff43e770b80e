using Ckpt.Formats.Peft;
using Ckpt.Models.Megatron;

namespace Ckpt.Cli.Export;

/// <summary>The model an adapter says it is of.</summary>
static class AdapterBase
{
    /// <summary>A folder or name, or null: <c>base_model_name_or_path</c> of PEFT, <c>model</c> of Megatron-SWIFT's args.json, which lies beside the iterations.</summary>
    internal static string? Find(string adapter, bool isMcore)
    {
        if (!isMcore)
        {
            var config = Path.Combine(adapter, PeftFolder.ConfigName);
            return File.Exists(config) ? PeftConfig.Parse(File.ReadAllBytes(config), config).BaseModel : null;
        }
        foreach (var folder in new[] { adapter, Path.GetDirectoryName(Path.GetFullPath(adapter))! })
        {
            var args = Path.Combine(folder, "args.json");
            if (File.Exists(args) && SwiftArgsJson.Read(File.ReadAllBytes(args), args).Model is { } model) { return model; }
        }
        return null;
    }
}
