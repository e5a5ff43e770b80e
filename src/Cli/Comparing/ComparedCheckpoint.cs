using System.Diagnostics.CodeAnalysis;
using Ckpt.Cli.Export;
using Ckpt.Formats;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Peft;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Adapters;
using Ckpt.Models.Opening;

namespace Ckpt.Cli.Comparing;

/// <summary>A checkpoint that is compared: as it is stored and, where it is one, as a model. An adapter is the model it was trained on, with it merged in.</summary>
sealed class ComparedCheckpoint : IDisposable
{
    readonly List<IDisposable> _beside = [];
    readonly Func<ModelOpenOptions, ModelCheckpoint> _open;
    readonly ModelOpenOptions _options;
    ModelCheckpoint? _model;

    ComparedCheckpoint(string path, ICheckpointReader reader, ModelOpenOptions options, Func<ModelOpenOptions, ModelCheckpoint> open) => (Path, Reader, _options, _open) = (path, reader, options, open);

    /// <summary>The path it was asked for by.</summary>
    internal string Path { get; }

    /// <summary>The tensors.</summary>
    internal ICheckpointReader Reader { get; }

    /// <summary>What the user should know of it.</summary>
    internal IReadOnlyList<string> Notes { get; private init; } = [];

    /// <summary>It as a model.</summary>
    /// <exception cref="CheckpointException">It is none, or of no known family.</exception>
    internal ModelCheckpoint Model => _model ??= _open(_options);

    /// <summary>Opens a path or a name on the hub; an adapter is its own tensors.</summary>
    internal static ComparedCheckpoint OpenStored(string asked, HubCache cache)
    {
        var path = cache.Find(asked);
        var reader = ModelFormats.Open(path);
        return new ComparedCheckpoint(path, reader, new ModelOpenOptions { FindModel = ExportSource.FindModel }, options => ModelCheckpoint.Of(reader, path, options));
    }

    /// <summary>The same as a model: an adapter is merged into its base.</summary>
    /// <param name="asked">As the user wrote it.</param>
    /// <param name="cache">Where names are found.</param>
    /// <param name="options">What is said of models besides; its model is also the base of an adapter.</param>
    internal static ComparedCheckpoint Open(string asked, HubCache cache, ModelOpenOptions options)
    {
        var path = cache.Find(asked);
        options = options with { FindModel = ExportSource.FindModel };
        if (Directory.Exists(path) && File.Exists(System.IO.Path.Combine(path, PeftFolder.ConfigName))) { return Merged(path, PeftAdapter.Open(path), null, isMcore: false, options); }
        var reader = ModelFormats.Open(path);
        if (!McoreAdapter.IsAdapter(reader)) { return new ComparedCheckpoint(path, reader, options, each => ModelCheckpoint.Of(reader, path, each)); }
        // The weights it was trained on may lie beside it.
        var inside = McoreAdapter.BaseOf(reader) is null ? null : path;
        reader.Dispose();
        return Merged(path, McoreAdapter.Open(path, new McoreAdapterOptions { Choices = options.Choices }), inside, isMcore: true, options);
    }

    static ComparedCheckpoint Merged(string path, IAdapter adapter, string? inside, bool isMcore, ModelOpenOptions options)
    {
        try
        {
            var named = AdapterOrigin.Find(path, isMcore);
            var origin = inside ?? options.Model ?? (named.McoreModel is { } mcore && Directory.Exists(mcore) ? mcore : named.Model is { } model ? options.FindModel(model) : null) ?? Throw.NoBase(path, named);
            var whole = ModelCheckpoint.Open(origin, options with { Model = null });
            try
            {
                var merge = AdapterMerge.Plan(whole.Reader, [adapter], whole.Side.Config, new AdapterMergeOptions { Naming = whole.Naming, Choices = whole.Own.Choices });
                var merged = whole.With(merge.Checkpoint, whole.Side);
                return new ComparedCheckpoint(path, merged.Reader, options, _ => merged)
                {
                    Notes = [$"{path} is an adapter: compared is {origin} with it merged in", .. merge.Adapters.SelectMany(static each => each.Notes)],
                    _beside = { adapter.Reader },
                };
            }
            catch
            {
                whole.Dispose();
                throw;
            }
        }
        catch
        {
            adapter.Reader.Dispose();
            throw;
        }
    }

    /// <summary>
    /// VER-1.3: a checkpoint of Megatron's whose args alone would have to say what it is takes the config of the Hugging Face model it is held to.
    /// </summary>
    internal static void Lend(ComparedCheckpoint a, ComparedCheckpoint b)
    {
        a.Borrow(b);
        b.Borrow(a);
    }

    void Borrow(ComparedCheckpoint other)
    {
        if (_options.Model is not null || _options.HfConfig is not null || _model is not null || Reader is not IMegatronReader) { return; }
        try
        {
            if (!Model.Side.IsRebuilt) { return; }
            _model = null;
        }
        catch (CheckpointException) when (other.Reader is not IMegatronReader) { }
        catch (CheckpointException) { return; }
        if (other.Reader is IMegatronReader) { return; }
        var folder = Directory.Exists(other.Path) ? other.Path : System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(other.Path))!;
        if (File.Exists(System.IO.Path.Combine(folder, "config.json"))) { _model = _open(_options with { Model = folder }); }
    }

    public void Dispose()
    {
        Reader.Dispose();
        foreach (var each in _beside) { each.Dispose(); }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static string NoBase(string path, AdapterOrigin named) => throw new MalformedCheckpointException(
            "VER-1.3", path, $"is an adapter, and {((named.Model ?? named.McoreModel) is { } name ? $"the model it names, {name}, is not here" : "does not name the model it is of")}; give --model");
    }
}
