using Ckpt.Formats;
using Ckpt.Formats.Hub;
using Ckpt.Models.Families;
using Ckpt.Models.Opening;

namespace Ckpt.Cli.Export;

/// <summary>Opens what an export reads.</summary>
static class ExportSource
{
    /// <summary>The checkpoint of --model or --mcore_model, as a model.</summary>
    /// <exception cref="UnsupportedCheckpointException">CLI-3.6: it is not of the kind that the flag takes.</exception>
    internal static ModelCheckpoint Open(ExportArguments arguments)
    {
        var model = ModelCheckpoint.Open(arguments.Source, new ModelOpenOptions
        {
            Model = arguments.SourceIsMcore ? arguments.Model : null,
            HfConfig = arguments.HfConfig,
            MtpLayers = arguments.MtpLayers,
            FindModel = FindModel,
        });
        var isMegatron = model.Naming == FamilySide.Megatron;
        if (isMegatron == arguments.SourceIsMcore) { return model; }
        model.Dispose();
        throw new UnsupportedCheckpointException("CLI-3.6", model.Reader.Path, isMegatron
            ? $"is a {model.Reader.Format} checkpoint of Megatron; give it with --mcore_model"
            : $"is a {model.Reader.Format} checkpoint; --mcore_model takes a Megatron checkpoint");
    }

    static string? FindModel(string model)
    {
        if (Directory.Exists(model)) { return model; }
        try { return new HubCache(HubEnvironment.Current).Find(model, null); }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException or CheckpointException) { return null; }
    }
}
