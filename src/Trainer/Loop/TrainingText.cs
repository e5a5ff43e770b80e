using System.Diagnostics.CodeAnalysis;
using Ckpt.Data;
using Ckpt.Data.Templates.Named;
using Ckpt.Data.Tokenizers;
using Ckpt.Formats;
using Ckpt.Models.Configs;
using Ckpt.Models.Opening;
using Ckpt.Trainer.Datasets;
using Ckpt.Trainer.Loop.Arguments;

namespace Ckpt.Trainer.Loop;

/// <summary>How a model is written to: its config, its tokenizer, its template.</summary>
/// <param name="Config">The config.</param>
/// <param name="Folder">The folder that has the tokenizer.</param>
/// <param name="Tokenizer">The tokenizer.</param>
/// <param name="Template">The template's name.</param>
public sealed record TrainingText(HfConfig Config, string Folder, Tokenizer Tokenizer, string Template)
{
    /// <summary>Finds them.</summary>
    /// <param name="arguments">What was asked for.</param>
    /// <param name="findModel">The folder of a model by its name, or null.</param>
    /// <exception cref="UnsupportedDataException">TRL-3.5: which template is right is not known.</exception>
    /// <exception cref="MalformedDataException">TRL-3.8: there is no tokenizer.</exception>
    public static TrainingText Of(TrainingArguments arguments, Func<string, string?> findModel)
    {
        var (model, side) = (arguments.Model, Side(arguments.Model, findModel));
        var folder = model.Tokenizer ?? model.Folder ?? side.Origin ?? Throw.NoTokenizer(model.Source);
        if (!File.Exists(folder) && !File.Exists(Path.Combine(folder, "tokenizer.json"))) { Throw.NoTokenizer(folder); }
        var tokenizer = Tokenizer.Load(folder);
        var encoding = arguments.Encoding;
        // Running text is written without a template's turns; which one it is then does not matter.
        var template = encoding.PromptType is { } named ? MindSpeedTemplates.Get(named).Name
            : encoding.Template != "auto" ? SwiftTemplates.Get(encoding.Template, default).Name
            : TemplateChoice.Of(side.Config.Model.ModelType, tokenizer.ChatTemplate, model.Name ?? folder) ?? (encoding.UseChatTemplate ? Throw.NoTemplate(side.Config.Model.ModelType) : "dummy");
        return new TrainingText(side.Config, folder, tokenizer, template);
    }

    /// <summary>The most tokens of a row.</summary>
    public int MaxLength(EncodingArguments encoding) => encoding.MaxLength ?? (int)Math.Clamp(Config.Model.MaxPositions, 2, int.MaxValue);

    /// <summary>What writes rows.</summary>
    public SampleEncoder Encoder(EncodingArguments encoding, DateTime now) => new(SwiftTemplates.Get(Template, now), Settings(encoding), TemplateTokenizer.Of(Tokenizer));

    /// <summary>How rows are written.</summary>
    public EncodeSettings Settings(EncodingArguments encoding) => new()
    {
        LossScale = LossScale.Parse(Scale(encoding)),
        DefaultSystem = encoding.System,
        EnableThinking = encoding.EnableThinking,
        AddNonThinkingPrefix = encoding.AddNonThinkingPrefix,
        ResponsePrefix = encoding.ResponsePrefix,
        UseChatTemplate = encoding.UseChatTemplate,
        MaxLength = MaxLength(encoding),
        Truncation = encoding.Truncation,
    };

    // Megatron-SWIFT since 4.3.1: the empty thought that a template puts in is not learned.
    string Scale(EncodingArguments encoding) =>
        encoding.UseChatTemplate && SwiftTemplates.Get(Template, default).NonThinkingPrefix.Length > 0 && !encoding.LossScale.Contains("ignore_empty_think", StringComparison.Ordinal)
            ? encoding.LossScale + "+ignore_empty_think"
            : encoding.LossScale;

    static HfSide Side(ModelArguments model, Func<string, string?> findModel)
    {
        if (model.Megatron is null) { return HfSide.OfFolder(model.Folder!, new ModelOpenOptions()); }
        using var reader = ModelFormats.Open(model.Megatron);
        return reader is Formats.Megatron.IMegatronReader megatron
            ? HfSide.OfMegatron(model.Megatron, megatron, new ModelOpenOptions { Model = model.Folder, FindModel = findModel })
            : throw new UnsupportedCheckpointException("TRL-3.8", model.Megatron, $"is no Megatron checkpoint but {reader.Format}; give it as --model");
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static string NoTokenizer(string where) => throw new MalformedDataException("TRL-3.8", where, "there is no tokenizer.json; give the folder of one with --tokenizer, or the model's Hugging Face folder with --model");

        [DoesNotReturn]
        internal static string NoTemplate(string modelType) => throw new UnsupportedDataException(
            "TRL-3.5", "--template", $"which template '{modelType}' is written with is not known; give one of {string.Join(", ", SwiftTemplates.Names)}");
    }
}
