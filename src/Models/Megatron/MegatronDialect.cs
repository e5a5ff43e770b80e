using Ckpt.Formats.Torch;
using Ckpt.Models.Families;

namespace Ckpt.Models.Megatron;

/// <summary>
/// Who wrote a Megatron checkpoint, where that decides what the numbers mean (NAM-12.2): told from its arguments, which differ by producer, never guessed.
/// </summary>
public static class MegatronDialect
{
    /// <summary>The attribute that our own conversion notes the dialect in.</summary>
    public const string Attribute = "ckpt_dialect";

    // mcore-bridge's ModelConfig, which Megatron-SWIFT stores as args, and Megatron-SWIFT's own attributes before.
    internal static readonly string[] s_swift = ["hf_model_type", "llm_model_type", "mcore_model_type", "mcore_adapter", "model_dir", "tuner_type", "train_type"];

    // Megatron-LM's argument parser; Megatron-SWIFT's, which was built on it, has its own besides.
    internal static readonly string[] s_native = ["use_legacy_models", "use_mcore_models", "yaml_cfg", "encoder_num_layers", "rampup_batch_size", "eod_mask_loss"];

    /// <summary>An option of the choice <c>dialect</c>, or null where nothing tells.</summary>
    /// <param name="common">The checkpoint's common state.</param>
    /// <param name="hasSwiftArgs">Whether Megatron-SWIFT's <c>args.json</c> lies beside it.</param>
    /// <param name="where">The checkpoint, for messages.</param>
    public static string? Of(PickleDict? common, bool hasSwiftArgs, string where)
    {
        var args = new ArgsReader(common ?? new PickleDict(), where);
        if (args.Find(Attribute) is PickleString { Value: GatedRows.Bridge or GatedRows.Native or GatedRows.MindSpeed } noted) { return noted.Value; }
        if (hasSwiftArgs || s_swift.Any(name => args.Find(name) is not null)) { return GatedRows.Bridge; }
        return s_native.Any(name => args.Find(name) is not null) ? GatedRows.Native : null;
    }
}
