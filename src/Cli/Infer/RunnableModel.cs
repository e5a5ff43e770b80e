using Ckpt.Cli.Export;
using Ckpt.Data.Tokenizers;
using Ckpt.Formats;
using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Generation;
using Ckpt.Inference.Weights;
using Ckpt.Models.Bridge;
using Ckpt.Models.Families;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Views;

namespace Ckpt.Cli.Infer;

/// <summary>A checkpoint of any format, opened to be computed with: its forward pass, its weights by Hugging Face names with adapters merged, and where its tokenizer is.</summary>
sealed class RunnableModel : IDisposable
{
    readonly ExportSource _source;

    RunnableModel(ExportSource source, IWeightSource weights, string? folder)
    {
        (_source, Weights, Folder) = (source, weights, folder);
        Forward = ForwardModel.Of(Checkpoint.Side.Config, weights);
    }

    internal ModelCheckpoint Checkpoint => _source.Model;

    internal ForwardModel Forward { get; }

    internal IWeightSource Weights { get; }

    /// <summary>The Hugging Face folder that tokenizer and generation_config.json are of; null where there is none.</summary>
    internal string? Folder { get; }

    /// <summary>What the user should know.</summary>
    internal IReadOnlyList<string> Notes => [.. Checkpoint.Side.Notes, .. _source.Notes];

    /// <summary>Opens it; no weights are read.</summary>
    /// <exception cref="CheckpointException">It cannot be opened, or its forward pass is not known.</exception>
    internal static RunnableModel Open(ModelOrigin origin)
    {
        var source = ExportSource.Open(origin.ToExport());
        try { return new RunnableModel(source, WeightsOf(source.Model), FolderOf(origin, source.Model)); }
        catch
        {
            source.Model.Dispose();
            throw;
        }
    }

    /// <summary>Its tokenizer.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    internal Tokenizer LoadTokenizer() => Folder is { } folder
        ? Tokenizer.Load(folder)
        : throw new MalformedCheckpointException("INF-6.1", _source.Model.Reader.Path, "there is no tokenizer with it; give --model, the Hugging Face folder it was trained from, beside --mcore_model");

    /// <summary>What generation_config.json says, and where it names no tokens that end a text, config.json.</summary>
    internal GenerationDefaults ReadDefaults()
    {
        var file = Folder is null ? null : Path.Combine(Folder, "generation_config.json");
        var defaults = file is not null && File.Exists(file) ? GenerationDefaults.Parse(File.ReadAllBytes(file), file) : new GenerationDefaults();
        return defaults.EosIds.Count > 0 ? defaults : defaults with { EosIds = GenerationDefaults.Ids(Checkpoint.Side.Config.Json["eos_token_id"]) };
    }

    public void Dispose()
    {
        Checkpoint.Dispose();
        foreach (var adapter in _source.Adapters) { adapter.Dispose(); }
    }

    static CheckpointWeights WeightsOf(ModelCheckpoint model)
    {
        if (model.Naming == FamilySide.Hf) { return new CheckpointWeights(model.Reader); }
        var map = model.ToHf(new BridgeOptions());
        return new CheckpointWeights(new MappedCheckpoint(ShiftedTensor.Through(model.Reader, map), map));
    }

    static string? FolderOf(ModelOrigin origin, ModelCheckpoint model) => origin.Model ?? (origin.SourceIsMcore ? model.Side.Origin : Directory.Exists(origin.Source) ? origin.Source : Path.GetDirectoryName(Path.GetFullPath(origin.Source)));
}
