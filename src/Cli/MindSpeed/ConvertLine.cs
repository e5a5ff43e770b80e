using System.Diagnostics.CodeAnalysis;
using Ckpt.Cli.Flags;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;

namespace Ckpt.Cli.MindSpeed;

/// <summary>A line of <c>convert_ckpt</c>, as far as it says by itself what it is: whose it is, from what to what, in which type.</summary>
/// <param name="Era">Whose line.</param>
/// <param name="FromMegatron">Whether a Megatron checkpoint is read.</param>
/// <param name="ToMegatron">Whether one is written.</param>
/// <param name="Load">What is read.</param>
/// <param name="Save">What <c>--save-dir</c> says.</param>
/// <param name="DType">The type of the weights written; null: as they are.</param>
sealed record ConvertLine(ConvertEra Era, bool FromMegatron, bool ToMegatron, string Load, string Save, DType? DType)
{
    internal static ConvertLine Of(FlagValues values)
    {
        var era = EraOf(values);
        var (from, to) = (IsMegatron(values, "load_model_type", otherwise: false), IsMegatron(values, "save_model_type", otherwise: true));
        if (!from && !to) { throw new UsageException("CLI-10.4", "convert_ckpt", "--load-model-type hf and --save-model-type hf: nothing is to be converted"); }
        var load = values.Text("load_dir") ?? throw new UsageException("CLI-10.4", "convert_ckpt", "no source: give --load-dir");
        var save = values.Text("save_dir") ?? throw new UsageException("CLI-10.4", "convert_ckpt", "no output: give --save-dir");
        if (era == ConvertEra.First) { CheckFirst(values, from, to); }
        return new ConvertLine(era, from, to, load, save, values.DType("params_dtype"));
    }

    /// <summary>CLI-10.1: flags tell; where none does, it is today's converter.</summary>
    static ConvertEra EraOf(FlagValues values)
    {
        var first = Given(values, ConvertFlags.First.Select(static flag => flag.Name));
        var second = Given(values, ConvertFlags.Second.Select(static flag => flag.Name).Concat(ConvertFlags.SecondLayouts));
        if (first.Count > 0 && second.Count > 0)
        {
            throw new UsageException("CLI-10.1", "convert_ckpt", $"{Shown(first)} {(first.Count == 1 ? "is a flag" : "are flags")} of convert_ckpt.py (V1), {Shown(second)} of convert_ckpt_v2.py (V2); a line is of one of them");
        }
        return first.Count > 0 ? ConvertEra.First : ConvertEra.Second;
    }

    static List<string> Given(FlagValues values, IEnumerable<string> names) => [.. names.Where(values.Has)];

    static string Shown(List<string> names) => string.Join(", ", names.Select(static name => "--" + name.Replace('_', '-')));

    static bool IsMegatron(FlagValues values, string flag, bool otherwise) => values.Text(flag) switch
    {
        null => otherwise,
        "mg" => true,
        "hf" => false,
        var other => throw new UsageException("CLI-10.4", "--" + flag, $"{other}; allowed are hf and mg"),
    };

    static void CheckFirst(FlagValues values, bool from, bool to)
    {
        switch (values.Text("model_type"))
        {
            case null or "GPT": break;
            case "BERT": throw Throw.Bert();
            case var other: throw new UsageException("CLI-10.4", "--model-type", $"{other}; GPT is the one handled");
        }
        if (!values.Has("params_dtype")) { Throw.Float16(); }
        if (to && !values.Bool("use_mcore_models")) { Throw.BeforeCore(); }
        if (from && !to && ((values.Int("tensor_model_parallel_size") ?? 1) != 1 || (values.Int("pipeline_model_parallel_size") ?? 1) != 1))
        {
            throw new UsageException("CLI-10.4", "--target-tensor-parallel-size", "mg to hf needs --target-tensor-parallel-size 1 and --target-pipeline-parallel-size 1, as in V1; the source's sizes are read from its files");
        }
    }

    static class Throw
    {
        internal static UnsupportedCheckpointException Bert() => new(
            "CLI-10.4", "--model-type BERT", "decoders (GPT) are handled");

        [DoesNotReturn]
        internal static void Float16() => throw new UsageException(
            "CLI-10.2", "--params-dtype", "is not given, and V1 would then make every weight float16, which loses what bfloat16 has below 2^-17 and above 65504, "
                + "and round merged weights twice. Give --params-dtype bf16 for a bfloat16 model, fp32 for a float32 one, or fp16 where float16 is meant");

        [DoesNotReturn]
        internal static void BeforeCore() => throw new UnsupportedCheckpointException(
            "CLI-10.4", "--use-mcore-models", "is not given, and V1 would then write the names of models before Megatron-core, which are read here and not written; give it");
    }
}
