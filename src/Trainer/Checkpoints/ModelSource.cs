using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Models.Families;
using Ckpt.Models.Megatron;
using Ckpt.Models.Megatron.Ranks;
using Ckpt.Models.Opening;
using Ckpt.Models.Quantisation;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;

namespace Ckpt.Trainer.Checkpoints;

/// <summary>
/// Where a rank's parameters come from: a model in any format that is read, and an adapter of it if there is one. Of every tensor the rank reads its own
/// elements only.
/// </summary>
public sealed class ModelSource : IDisposable
{
    readonly RankReader _reader;
    readonly HashSet<string> _read = new(StringComparer.Ordinal);

    ModelSource(ModelCheckpoint model, RankReader reader, RankTensors tensors, AdapterSource? adapter, ModelSourceOptions options)
    {
        (Model, _reader, Tensors, Adapter, Options) = (model, reader, tensors, adapter, options);
    }

    /// <summary>The model as it lies on the disk.</summary>
    public ModelCheckpoint Model { get; }

    /// <summary>Its config.</summary>
    public HfConfig Config => Model.Side.Config;

    /// <summary>Which ranks hold what.</summary>
    public RankTensors Tensors { get; }

    /// <summary>The adapter, where there is one.</summary>
    public AdapterSource? Adapter { get; }

    /// <summary>What it was opened by.</summary>
    public ModelSourceOptions Options { get; }

    /// <summary>Rows of the embedding, padding included.</summary>
    public long PaddedVocab { get; private init; }

    /// <summary>Whether Megatron names all layers' parameters by one key.</summary>
    public bool IsStacked { get; private init; }

    /// <summary>What the user should know of.</summary>
    public IReadOnlyList<string> Notes { get; private init; } = [];

    /// <summary>Opens what the flags name.</summary>
    /// <param name="options">The flags.</param>
    /// <param name="ranks">The processes.</param>
    /// <exception cref="CheckpointException">It cannot be opened, does not fit its config, or cannot be split so.</exception>
    public static ModelSource Open(ModelSourceOptions options, TrainerRanks ranks)
    {
        var path = options.McoreModel ?? options.Model ?? Throw.NoModel();
        var choices = options.Dialect is { } dialect ? new Dictionary<string, string> { [ModelCheckpoint.DialectChoice] = dialect } : [];
        var model = ModelCheckpoint.Open(path, new ModelOpenOptions
        {
            Model = options.McoreModel is null ? null : options.Model,
            HfConfig = options.HfConfig,
            Choices = choices,
            MtpLayers = options.MtpLayers,
            FindModel = options.FindModel,
        });
        try { return Of(Numbers(model, options.DType), choices, options, ranks); }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The model's parameters on this rank, without an adapter's.</summary>
    public IReadOnlyList<TensorInfo> Parameters => _reader.Tensors;

    /// <summary>A parameter of this rank, or null where an adapter has none at all: the caller then begins it anew.</summary>
    /// <exception cref="MalformedCheckpointException">TRN-12.1: it is missing.</exception>
    public TensorInfo? Find(string name)
    {
        name = WithoutWrapper(name);
        if (AdapterSource.IsAdapter(name)) { return Adapter?.Find(name); }
        _read.Add(name);
        return _reader.Find(name) ?? Throw.Missing(Model.Reader.Path, name);
    }

    /// <summary>Reads bytes of a parameter, which is row-major. From several threads at once if need be.</summary>
    public void Read(string name, long offset, Span<byte> destination)
    {
        name = WithoutWrapper(name);
        if (AdapterSource.IsAdapter(name)) { Adapter!.Read(name, offset, destination); }
        else { _reader.Read(_reader.Find(name) ?? Throw.Missing(Model.Reader.Path, name), offset, destination); }
    }

    /// <summary>Names of the model and the adapter that nobody has asked for.</summary>
    public IReadOnlyList<string> Unread() => [.. _reader.Tensors.Select(static tensor => tensor.Name).Where(name => !_read.Contains(name)), .. Adapter?.Unread() ?? []];

    public void Dispose()
    {
        Adapter?.Dispose();
        _reader.Dispose();
        Model.Dispose();
    }

    static ModelSource Of(ModelCheckpoint model, Dictionary<string, string> choices, ModelSourceOptions options, TrainerRanks ranks)
    {
        var config = model.Side.Config;
        ParallelCheck.Check(config.Model, ranks.Sizes, Sharding.Layouts.StageOptions.Even);
        var padded = VocabPadding.Native(config.Model.VocabSize, ranks.Sizes.Tensor, options.MakeVocabSizeDivisibleBy);
        var map = model.ToMegatron(new BridgeOptions { PaddedVocab = padded, Choices = choices });
        var coverage = Check(model, map);
        // Tied layers that are stored twice are compared once, by the first rank.
        if (ranks.Rank == 0) { AliasComparison.Check(model.Reader, coverage.Aliases, new RunOptions(), new NoProgress(), CancellationToken.None); }
        var keys = map.Right.Tensors.Select(static tensor => tensor.Name).ToArray();
        var cuts = MegatronCutOptions.FromKeys(keys) with { Experts = config.Model.IsMoe ? config.Model.Experts : null };
        var tensors = new RankTensors(config.Model.Layers, ranks.Sizes, cuts);
        var reader = RankReader.Of(model.Reader, map, tensors, ranks.Rank, byRank: false, options.DType);
        AdapterSource? adapter = null;
        try { adapter = AdapterSource.Open(options, config, tensors, ranks, padded); }
        catch
        {
            reader.Dispose();
            throw;
        }
        return new ModelSource(model, reader, tensors, adapter, options)
        {
            PaddedVocab = padded,
            IsStacked = !keys.Any(static key => new RankName(key, -1).Stacked().Layer >= 0),
            Notes = [.. model.Side.Notes, .. coverage.Extra.Select(static name => $"{name} is known to no rule and not loaded"), .. adapter?.Notes ?? []],
        };
    }

    static MapCoverage Check(ModelCheckpoint model, TensorMap map)
    {
        var coverage = MapCoverage.Of(model.Reader.Tensors, map.Left);
        if (coverage.Missing.Count == 0 && coverage.WrongShapes.Count == 0) { return coverage; }
        var present = model.Reader.Tensors.ToDictionary(static tensor => tensor.Name, static tensor => tensor.Shape, StringComparer.Ordinal);
        var faults = MissingTensorDiagnosis.Explain(map, model.Side.Config.Model, present).Where(static fault => fault.Kind != TensorFaultKind.Extra);
        throw new MalformedCheckpointException("SHD-2.3", model.Reader.Path, string.Join("\n  ", faults.Select(static fault => fault.Text)));
    }

    /// <summary>The model with weights that are numbers, whatever they are stored as: they are trained.</summary>
    static ModelCheckpoint Numbers(ModelCheckpoint model, DType? dtype)
    {
        var config = model.Side.Config;
        if (config.Model.QuantMethod is null && model.Naming == FamilySide.Megatron) { return model; }
        if (QuantScheme.Of(config, model.Reader) is not { } scheme)
        {
            return config.Model.QuantMethod is null ? model : model.With(model.Reader, model.Side with { Config = config.WithoutQuantisation() });
        }
        var type = dtype ?? (config.Model.TorchDType is DType.F16 or DType.F32 ? config.Model.TorchDType.Value : DType.BF16);
        return model.With(scheme.Dequantise(model.Reader, type), model.Side with { Config = config.WithoutQuantisation() });
    }

    static string WithoutWrapper(string name) => name.Replace(".base_layer.", ".", StringComparison.Ordinal);

    static class Throw
    {
        [DoesNotReturn]
        internal static string NoModel() => throw new ArgumentException("neither a model nor an mcore_model is named");

        [DoesNotReturn]
        internal static TensorInfo Missing(string where, string name) => throw new MalformedCheckpointException(
            "TRN-12.1", where, $"has nothing that {Quoted.Name(name)} could be read from");
    }
}
