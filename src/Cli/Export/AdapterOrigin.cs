using Ckpt.Formats.Peft;
using Ckpt.Models.Megatron;

namespace Ckpt.Cli.Export;

/// <summary>The model an adapter says it is of; all of it may be absent.</summary>
/// <param name="Model">A Hugging Face folder or name.</param>
/// <param name="McoreModel">A Megatron checkpoint.</param>
readonly record struct AdapterOrigin(string? Model, string? McoreModel)
{
    /// <summary><c>base_model_name_or_path</c> of PEFT; <c>model</c> and <c>mcore_model</c> of Megatron-SWIFT's args.json, which lies beside the iterations.</summary>
    internal static AdapterOrigin Find(string adapter, bool isMcore)
    {
        string? named = null;
        if (!isMcore && Path.Combine(adapter, PeftFolder.ConfigName) is var config && File.Exists(config))
        {
            named = PeftConfig.Parse(File.ReadAllBytes(config), config).BaseModel;
        }
        foreach (var folder in isMcore ? [adapter, Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(adapter))) ?? adapter] : new[] { adapter })
        {
            var path = Path.Combine(folder, "args.json");
            if (!File.Exists(path)) { continue; }
            var args = SwiftArgsJson.Read(File.ReadAllBytes(path), path);
            return new AdapterOrigin(named ?? args.Model, args.McoreModel);
        }
        return new AdapterOrigin(named, null);
    }
}
