using Ckpt.Formats.Megatron;
using Ckpt.Formats.Torch;
using Ckpt.Models.Opening;

namespace Ckpt.Models.Megatron;

/// <summary>The program that wrote a Megatron checkpoint, as far as the arguments it was run with tell.</summary>
/// <param name="Name">The program.</param>
/// <param name="Because">What tells.</param>
public readonly record struct MegatronProducer(string Name, string Because)
{
    // Arguments of MindSpeed-LLM's training and converters that no other program of the kind has.
    static readonly string[] s_mindSpeed = ["moe_tp_extend_ep", "noop_layers", "num_layer_list", "schedules_method", "mla_mm_split", "lora_fusion", "lora_ckpt_filter", "lora_register_forward_hook"];

    /// <summary>The producer, or null where nothing tells.</summary>
    /// <param name="path">The path the checkpoint was asked for by.</param>
    /// <param name="reader">The checkpoint.</param>
    public static MegatronProducer? Of(string path, IMegatronReader reader)
    {
        var args = new ArgsReader(reader.Common ?? new PickleDict(), reader.Path);
        if (Array.Find(s_mindSpeed, name => args.Find(name) is not null) is { } mindSpeed) { return new MegatronProducer("MindSpeed-LLM", $"args.{mindSpeed}"); }
        if (HfSide.HasSwiftArgs(path, reader)) { return new MegatronProducer("Megatron-SWIFT", "args.json"); }
        if (Array.Find(MegatronDialect.s_swift, name => args.Find(name) is not null) is { } swift) { return new MegatronProducer("Megatron-SWIFT", $"args.{swift}"); }
        return Array.Find(MegatronDialect.s_native, name => args.Find(name) is not null) is { } native ? new MegatronProducer("Megatron-LM", $"args.{native}") : null;
    }
}
