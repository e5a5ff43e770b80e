using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Models.Families;
using Ckpt.Models.Megatron;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Opening;

/// <summary>A checkpoint, of whatever format, opened as a model: its tensors, what they are named after, and the config that gives them their meaning.</summary>
public sealed class ModelCheckpoint : IDisposable
{
    readonly BridgeOptions _own;

    ModelCheckpoint(ICheckpointReader reader, HfSide side, BridgeOptions own)
    {
        (Reader, Side, _own) = (reader, side, own);
    }

    /// <summary>The tensors.</summary>
    public ICheckpointReader Reader { get; private init; }

    /// <summary>Config and side files.</summary>
    public HfSide Side { get; private init; }

    /// <summary>Which naming the tensors have.</summary>
    public FamilySide Naming => Reader is IMegatronReader || Megatron is not null ? FamilySide.Megatron : FamilySide.Hf;

    /// <summary>The checkpoint as Megatron's, where it is one.</summary>
    public IMegatronReader? Megatron { get; private init; }

    /// <summary>What its own names and shapes say of the side it is on.</summary>
    public BridgeOptions Own => _own;

    /// <summary>Opens a path: a Hugging Face folder or file, or a Megatron checkpoint of any format that is read.</summary>
    /// <exception cref="CheckpointException">It cannot be opened, or is not of a known family.</exception>
    public static ModelCheckpoint Open(string path, ModelOpenOptions options)
    {
        var reader = ModelFormats.Open(path);
        try { return Of(reader, path, options); }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>An opened checkpoint as a model.</summary>
    /// <param name="reader">Disposed with the result.</param>
    /// <param name="path">The path it was asked for by.</param>
    /// <param name="options">What is known about it.</param>
    public static ModelCheckpoint Of(ICheckpointReader reader, string path, ModelOpenOptions options)
    {
        if (reader is IMegatronReader megatron and not Formats.TorchDist.TorchDistReader { Format: FormatOfPlainDcp }) { return OfMegatron(megatron, path, HfSide.OfMegatron(path, megatron, options), options); }
        if (reader.Format is not (FormatOfHf or FormatOfHfShards)) { Throw.NoModel(reader); }
        return new ModelCheckpoint(reader, HfSide.OfFolder(path, options), new BridgeOptions { HfTensors = reader.Tensors, MtpLayers = options.MtpLayers, Choices = options.Choices });
    }

    /// <summary>A Megatron checkpoint whose config is known.</summary>
    /// <param name="megatron">Disposed with the result.</param>
    /// <param name="path">The path it was asked for by.</param>
    /// <param name="side">The config.</param>
    /// <param name="options">What is known about it.</param>
    public static ModelCheckpoint OfMegatron(IMegatronReader megatron, string path, HfSide side, ModelOpenOptions options)
    {
        var shapes = Adapters.McoreAdapter.BaseShapes(megatron);
        var own = MegatronNames.Options(side.Config.Family, side.Config.Model, shapes, megatron.Path) with { MtpLayers = options.MtpLayers, Choices = OwnChoices(path, megatron, side, options) };
        return BorrowedParts.Add(megatron, side, own) is { } whole
            ? new ModelCheckpoint(whole.Reader, side, own with { MegatronHas = whole.Tensors.ContainsKey, MegatronTensors = whole.Tensors }) { Megatron = megatron }
            : new ModelCheckpoint(megatron, side, own) { Megatron = megatron };
    }

    // NAM-12.2: what its producer decides, where its family has such a choice.
    static IReadOnlyDictionary<string, string> OwnChoices(string path, IMegatronReader megatron, HfSide side, ModelOpenOptions options)
    {
        if (options.Choices.ContainsKey(GatedRows.Dialect) || side.Config.Family.Choices.All(static choice => choice.Name != GatedRows.Dialect)) { return options.Choices; }
        return MegatronDialect.Of(megatron.Common, HfSide.HasSwiftArgs(path, megatron), megatron.Path) is { } told ? Merged(options.Choices, new Dictionary<string, string> { [GatedRows.Dialect] = told }) : options.Choices;
    }

    /// <summary>The map from these tensors to Hugging Face names.</summary>
    /// <param name="target">What is asked of the target's names; what it leaves open is told by these tensors.</param>
    public TensorMap ToHf(BridgeOptions target)
    {
        if (Naming == FamilySide.Megatron)
        {
            return WrittenAliases.Add(Compile(_own with { HfHas = target.HfHas, HfPrefix = target.HfPrefix, Choices = Merged(Side.Names, _own.Choices, target.Choices) }).Reverse());
        }
        var there = Compile(_own);
        var megatron = there.Right.Tensors.ToDictionary(static tensor => tensor.Name, static tensor => tensor.StoredShape, StringComparer.Ordinal);
        var back = target with { MegatronTensors = megatron, MtpLayers = _own.MtpLayers, Choices = Merged(BridgeCompiler.Choices(Side.Config.Family, Side.Config.Model, _own), target.Choices) };
        return WrittenAliases.Add(MapComposition.Compose(there, Compile(back).Reverse()));
    }

    /// <summary>The map from these tensors to Megatron names.</summary>
    /// <param name="target">What is asked of the target's names: padding, key form, dialect.</param>
    public TensorMap ToMegatron(BridgeOptions target)
    {
        if (Naming == FamilySide.Hf) { return Compile(target with { HfTensors = _own.HfTensors, MtpLayers = _own.MtpLayers, Choices = Merged(_own.Choices, target.Choices) }); }
        var there = Compile(_own);
        var hf = there.Left.Tensors.Select(static tensor => new TensorInfo(tensor.Name, DType.F32, tensor.StoredShape, [])).ToArray();
        var names = BridgeCompiler.HfChoices(Side.Config.Family, Side.Config.Model, _own);
        return MapComposition.Compose(there.Reverse(), Compile(target with { HfTensors = hf, MtpLayers = _own.MtpLayers, Choices = Merged(names, target.Choices) }));
    }

    /// <summary>Which of several ways its names follow, choice by choice (the dialect among them).</summary>
    public IReadOnlyDictionary<string, string> Choices => BridgeCompiler.Choices(Side.Config.Family, Side.Config.Model, _own);

    /// <summary>How the Hugging Face files of the model are named, by choice: as those read are, else as noted.</summary>
    public IReadOnlyDictionary<string, string> HfNames => Naming == FamilySide.Hf ? HfNamesFile.Of(Side.Config, _own) : Side.Names;

    /// <summary>The same model with other tensors behind the same names.</summary>
    /// <param name="reader">Takes the place of <see cref="Reader"/>, which it holds.</param>
    /// <param name="side">The config that is then true.</param>
    public ModelCheckpoint With(ICheckpointReader reader, HfSide side) => new(reader, side, _own) { Megatron = Megatron };

    /// <summary>What one rank holds of this Megatron checkpoint, as a model of its own: fewer heads, narrower layers.</summary>
    /// <param name="reader">The rank's tensors.</param>
    /// <param name="model">The sizes they have.</param>
    internal ModelCheckpoint OfRank(ICheckpointReader reader, ModelConfig model)
    {
        var side = Side with { Config = Side.Config.Of(model) };
        var own = MegatronNames.Options(side.Config.Family, model, Adapters.McoreAdapter.BaseShapes(reader), reader.Path) with { MtpLayers = _own.MtpLayers, Choices = _own.Choices };
        return new ModelCheckpoint(reader, side, own) { Megatron = Megatron };
    }

    public void Dispose() => Reader.Dispose();

    // The last that says something counts.
    static Dictionary<string, string> Merged(params IReadOnlyList<IReadOnlyDictionary<string, string>> choices)
    {
        var merged = new Dictionary<string, string>();
        foreach (var (name, option) in choices.SelectMany(static each => each)) { merged[name] = option; }
        return merged;
    }

    TensorMap Compile(BridgeOptions options) => BridgeCompiler.Compile(Side.Config.Family, Side.Config.Model, options);

    /// <summary>The choice whose options may look the same: whose order of rows gated attention has.</summary>
    public const string DialectChoice = "dialect";

    /// <summary>The choice of one tensor an expert or all in one, on the Hugging Face side.</summary>
    public const string ExpertsChoice = "experts";

    const string FormatOfHf = Formats.Opening.FormatNames.Safetensors;
    const string FormatOfHfShards = Formats.Opening.FormatNames.SafetensorsShards;
    const string FormatOfPlainDcp = Formats.Opening.FormatNames.TorchDcp;

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoModel(ICheckpointReader reader) => throw new UnsupportedCheckpointException(
            "CLI-3.6", reader.Path, $"is a {reader.Format} checkpoint; a model is a Hugging Face folder or a Megatron checkpoint");
    }
}
