using System.Globalization;
using Ckpt.Cli.Flags;
using Ckpt.Data.Datasets;
using Ckpt.Data.Preprocessing;

namespace Ckpt.Cli.Preprocess;

/// <summary>A command line of <c>ckpt preprocess</c>, understood: what to make, and by which tokenizer and template.</summary>
sealed record PreprocessArguments(PreprocessOptions Options, string Tokenizer, string? Template, bool? Thinking, string IdType)
{
    /// <summary>Reads the flags.</summary>
    /// <exception cref="UsageException">They do not make sense together (DAT-6.9).</exception>
    internal static PreprocessArguments Parse(FlagValues values)
    {
        var handler = PreprocessHandlers.Find(values.Text(PreprocessFlags.Handler.Name));
        var isText = handler.Kind == PreprocessKind.Text;
        if (values.Text(PreprocessFlags.MapKeys.Name) is { } map) { handler = handler.Mapped(map); }
        var template = values.Text(PreprocessFlags.PromptType.Name);
        if (isText && template is not null) { throw Fault(PreprocessFlags.PromptType, $"{handler.Name} has no turns; give a handler of instructions or preferences"); }
        var options = new PreprocessOptions
        {
            Inputs = [.. Required(values, PreprocessFlags.Input).Select(DatasetSpec.Parse)],
            OutputPrefix = Output(values),
            Handler = handler,
            TextKeys = values.List(PreprocessFlags.JsonKeys.Name) is { Count: > 0 } keys ? keys : ["text"],
            SequenceLength = Positive(values, PreprocessFlags.SequenceLength),
            Pack = PackOf(values),
            AppendEndOfDocument = values.Bool(PreprocessFlags.AppendEod.Name),
            PadToMultipleOf = Positive(values, PreprocessFlags.PadToMultiple) ?? 1,
            Workers = Positive(values, PreprocessFlags.Workers) ?? Environment.ProcessorCount,
            MaxSamples = Positive(values, PreprocessFlags.MaxSamples),
            Mix = MixOf(values),
            MixWeights = values.Text(PreprocessFlags.Probabilities.Name) is { } weights ? [.. weights.Split(',').Select(Weight)] : null,
            Seed = (ulong)(values.Int(PreprocessFlags.Seed.Name) ?? 1234),
            Strict = values.Bool(PreprocessFlags.Strict.Name),
            LikeMindSpeed = LikeMindSpeed(values),
        };
        return new PreprocessArguments(options, Required(values, PreprocessFlags.Tokenizer)[0], template, ThinkingOf(values), IdTypeOf(values, isText));
    }

    /// <summary>Where the outputs go; their folder must be there (as MindSpeed wants it).</summary>
    internal static string Output(FlagValues values)
    {
        var prefix = Required(values, PreprocessFlags.OutputPrefix)[0];
        var folder = Path.GetDirectoryName(Path.GetFullPath(prefix));
        return folder is not null && Directory.Exists(folder) ? prefix
            : throw Fault(PreprocessFlags.OutputPrefix, $"the folder {folder} does not exist");
    }

    internal static IReadOnlyList<string> Required(FlagValues values, FlagSpec flag) =>
        values.List(flag.Name) is { Count: > 0 } list ? list : throw Fault(flag, "is needed");

    static PackMode PackOf(FlagValues values)
    {
        var (pack, neat) = (values.Bool(PreprocessFlags.Pack.Name), values.Bool(PreprocessFlags.NeatPack.Name));
        if (neat && !pack) { throw Fault(PreprocessFlags.NeatPack, "needs --pack"); }
        return neat ? PackMode.Neat : pack ? PackMode.Plain : PackMode.None;
    }

    static MixStrategy MixOf(FlagValues values) => values.Text(PreprocessFlags.Mix.Name) switch
    {
        null or "concat" => MixStrategy.Concat,
        "interleave_under" => MixStrategy.InterleaveUnder,
        "interleave_over" => MixStrategy.InterleaveOver,
        var other => throw Fault(PreprocessFlags.Mix, $"'{other}'; allowed are concat, interleave_under and interleave_over"),
    };

    static bool? ThinkingOf(FlagValues values) => values.Text(PreprocessFlags.Thinking.Name)?.ToLowerInvariant() switch
    {
        null or "none" => null,
        "true" => true,
        "false" => false,
        var other => throw Fault(PreprocessFlags.Thinking, $"'{other}'; allowed are true, false and none"),
    };

    static bool LikeMindSpeed(FlagValues values) => values.Text(PreprocessFlags.Compat.Name) switch
    {
        null => false,
        "mindspeed" => true,
        var other => throw Fault(PreprocessFlags.Compat, $"'{other}'; allowed is mindspeed"),
    };

    static string IdTypeOf(FlagValues values, bool isText) => values.Text(PreprocessFlags.IdType.Name) switch
    {
        null => "int32",
        var type and ("int32" or "uint16" or "auto") => isText || type == "int32" ? type
            : throw Fault(PreprocessFlags.IdType, $"{type} has no room for the labels that are not learned (-100); int32 has"),
        var other => throw Fault(PreprocessFlags.IdType, $"'{other}'; allowed are int32, uint16 and auto"),
    };

    static int? Positive(FlagValues values, FlagSpec flag) => values.Int(flag.Name) is { } number
        ? number > 0 ? number : throw Fault(flag, $"{number}; allowed are 1 and more") : null;

    static double Weight(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var weight) && weight > 0 && double.IsFinite(weight) ? weight
        : throw Fault(PreprocessFlags.Probabilities, $"'{text}' is no number above 0");

    static UsageException Fault(FlagSpec flag, string message) => new("DAT-6.9", flag.Shown.Replace('_', '-'), message);
}
