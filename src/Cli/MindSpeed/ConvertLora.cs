using Ckpt.Cli.Flags;

namespace Ckpt.Cli.MindSpeed;

/// <summary>What a line says of LoRA: an adapter of its own checkpoint, or one that lies with its base, merged or alone (CLI-10.5).</summary>
/// <param name="Adapters">None or one.</param>
/// <param name="Merge">Whether it is merged.</param>
/// <param name="Scaling">Alpha over r, where both are given.</param>
/// <param name="Alpha">Alpha, where r is not.</param>
/// <param name="Notes">What is done otherwise.</param>
sealed record ConvertLora(IReadOnlyList<string> Adapters, bool Merge, double? Scaling, double? Alpha, IReadOnlyList<string> Notes)
{
    internal static ConvertLora Of(FlagValues values, ConvertLine line)
    {
        var (load, rank, alpha, alone) = (values.Text("lora_load"), Running.RunFlags.AtLeastOne(values, "lora_r"), values.Number("lora_alpha"), values.Bool("save_lora_to_hf"));
        if (alpha is <= 0) { throw new UsageException("CLI-1.7", "--lora-alpha", $"{alpha}; a number above 0 is allowed"); }
        var asked = load is not null || rank is not null || alone;
        if (!asked)
        {
            return alpha is null ? new ConvertLora([], false, null, null, [])
                : throw new UsageException("CLI-10.5", "--lora-alpha", "is given, and no adapter: give --lora-load, or --lora-r for one that lies in --load-dir");
        }
        if (!line.FromMegatron) { throw new UsageException("CLI-10.5", "--lora-load", "is a checkpoint of Megatron's training, and goes with --load-model-type mg; adapters of PEFT are merged by 'ckpt export --adapters'"); }
        if (alone && line.ToMegatron) { throw new UsageException("CLI-10.5", "--save-lora-to-hf", "goes with --save-model-type hf"); }
        var notes = new List<string>();
        if (alone) { notes.Add("--save-lora-to-hf writes a folder that PEFT loads: adapter_model.safetensors under Hugging Face's names, and its adapter_config.json"); }
        return new ConvertLora([load ?? line.Load], !alone, rank is { } r && alpha is { } a ? a / r : null, rank is null ? alpha : null, notes);
    }

}
