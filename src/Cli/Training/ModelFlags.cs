using Ckpt.Cli.Flags;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Trainer.Loop.Arguments;

namespace Ckpt.Cli.Training;

/// <summary>The flags that say which model is trained, and which of its parameters.</summary>
static class ModelFlags
{
    internal static readonly IReadOnlyList<FlagSpec> All =
    [
        new("model", FlagKind.Path, "a Hugging Face folder, or a model's name on the hub that is in the local cache") { Aliases = ["model_id_or_path"] },
        new("mcore_model", FlagKind.Path, "a Megatron checkpoint of any format: the folder of iterations, or one iteration") { Aliases = ["load"] },
        new("adapters", FlagKind.List, "an adapter of PEFT's to go on with"),
        new("mcore_adapter", FlagKind.List, "an adapter of Megatron's to go on with") { Aliases = ["adapter_load", "mcore_adapters", "lora_load"] },
        new("revision", FlagKind.Text, "branch, tag or commit of a model from the hub") { Aliases = ["model_revision"] },
        new("tokenizer", FlagKind.Path, "folder of a tokenizer other than the model's") { Aliases = ["tokenizer_name_or_path"] },
        new("torch_dtype", FlagKind.DType, "type of weights and activations: bfloat16 or float32; without it, as config.json says") { Aliases = ["dtype"] },
        new("bf16", FlagKind.Bool, "the same as --torch_dtype bfloat16"),
        new("finetune", FlagKind.Bool, "begin anew with these weights (usual); false goes on: step, optimizer, random numbers, place in the data"),
        new("no_load_optim", FlagKind.Bool, "with --finetune false: leave the optimizer's state behind"),
        new("no_load_rng", FlagKind.Bool, "with --finetune false: leave random numbers behind"),
        new("make_vocab_size_divisible_by", FlagKind.Int, "pad the vocabulary to a multiple of this times the tensor parallel size, as Megatron-LM does"),

        new("tuner_type", FlagKind.Text, "full (usual) or lora; lora where an adapter or lora_target_modules is given") { Aliases = ["train_type"] },
        new("lora_rank", FlagKind.Int, "columns of an adapter's factors; 8 where not given") { Aliases = ["lora_r"] },
        new("lora_alpha", FlagKind.Number, "an adapter is multiplied by this over its rank; 32 where not given"),
        new("lora_dropout", FlagKind.Number, "dropout of what goes into an adapter; 0.05 where not given"),
        new("lora_bias", FlagKind.Text, "none, the one there is"),
        new("lora_dtype", FlagKind.Text, "type of adapters: bfloat16 or float32; without it, the model's"),
        new("use_rslora", FlagKind.Bool, "divide lora_alpha by the root of the rank"),
        new("target_modules", FlagKind.List, "modules that get adapters: all-linear (usual), all-router, all-embedding, or names such as linear_qkv"),
        new("lora_target_modules", FlagKind.List, "the same, and --tuner_type lora (MindSpeed-LLM)"),
        new("target_regex", FlagKind.Text, "the same as a pattern of whole names"),
        new("modules_to_save", FlagKind.List, "modules trained whole beside adapters"),
        new("freeze_llm", FlagKind.Bool, "train nothing but what --trainable_parameters names"),
        new("freeze_parameters", FlagKind.List, "beginnings of names that are not trained"),
        new("freeze_parameters_regex", FlagKind.Text, "the same as a pattern"),
        new("freeze_parameters_ratio", FlagKind.Number, "part of all elements, from the first parameter, that is not trained"),
        new("trainable_parameters", FlagKind.List, "beginnings of names that are trained after all"),
        new("trainable_parameters_regex", FlagKind.Text, "the same as a pattern"),
    ];

    /// <summary>Where the model comes from.</summary>
    /// <param name="values">The flags.</param>
    /// <param name="findModel">The folder of a model by name and revision.</param>
    /// <param name="findBase">The model that an adapter names.</param>
    internal static ModelArguments Model(FlagValues values, Func<string, string?, string> findModel, Func<string, bool, (string? Model, string? Megatron)> findBase)
    {
        var (peft, mcore) = (One(values, "adapters"), One(values, "mcore_adapter"));
        if (peft is not null && mcore is not null) { throw FlagWords.Fault("adapters", "and --mcore_adapter are both given; one run goes on with one adapter"); }
        var (name, megatron) = (FlagWords.Text(values, "model"), FlagWords.Text(values, "mcore_model"));
        if (name is null && megatron is null && (peft ?? mcore) is { } adapter) { (name, megatron) = findBase(adapter, mcore is not null); }
        if (name is null && megatron is null) { throw FlagWords.Fault("model", "no model is given: --model (a Hugging Face folder or hub name) or --mcore_model (a Megatron checkpoint)"); }
        var type = values.DType("torch_dtype") ?? (values.Bool("bf16") ? DType.BF16 : null);
        if (type is DType.F16) { throw new UnsupportedCheckpointException("CLI-11.3", "--torch_dtype float16", "training in float16 needs loss scaling, which is not in this version; bfloat16 and float32 train"); }
        return new ModelArguments
        {
            Name = name,
            Folder = name is null ? null : findModel(name, FlagWords.Text(values, "revision")),
            Megatron = megatron,
            Adapter = peft,
            MegatronAdapter = mcore,
            Tokenizer = FlagWords.Text(values, "tokenizer"),
            Type = type switch { DType.BF16 => "bfloat16", DType.F32 => "float32", _ => null },
            Finetune = values.Bool("finetune", otherwise: true),
            NoLoadOptimizer = values.Bool("no_load_optim"),
            NoLoadRandom = values.Bool("no_load_rng"),
            VocabularyDivisibleBy = values.Has("make_vocab_size_divisible_by") ? FlagWords.AtLeast(values, "make_vocab_size_divisible_by", 1, 1) : null,
        };
    }

    internal static TuningArguments Tuning(FlagValues values, bool hasAdapter)
    {
        var mindSpeed = FlagWords.List(values, "lora_target_modules");
        var isLora = FlagWords.Of(values, "tuner_type", hasAdapter || mindSpeed.Count > 0, ("full", hasAdapter), ("lora", true));
        if (FlagWords.Of(values, "lora_bias", "none", ("none", "none")) is null) { throw new InvalidOperationException(); }
        var targets = mindSpeed.Count > 0 ? mindSpeed : FlagWords.List(values, "target_modules");
        return new TuningArguments
        {
            IsLora = isLora,
            Rank = FlagWords.AtLeast(values, "lora_rank", 8, 1),
            Alpha = FlagWords.Within(values, "lora_alpha", 32, double.Epsilon, double.MaxValue),
            Dropout = FlagWords.Within(values, "lora_dropout", 0.05, 0, 0.999999),
            Type = FlagWords.Of(values, "lora_dtype", null, ("None", null), ("bfloat16", "bfloat16"), ("bf16", "bfloat16"), ("float32", "float32"), ("fp32", (string?)"float32")),
            IsRankStabilised = values.Bool("use_rslora"),
            Targets = targets.Count == 0 ? ["all-linear"] : targets,
            TargetPattern = FlagWords.Text(values, "target_regex"),
            ModulesToSave = FlagWords.List(values, "modules_to_save"),
            FreezesAll = values.Bool("freeze_llm"),
            Frozen = FlagWords.List(values, "freeze_parameters"),
            FrozenPattern = FlagWords.Text(values, "freeze_parameters_regex"),
            FrozenRatio = FlagWords.Within(values, "freeze_parameters_ratio", 0, 0, 1),
            Trained = FlagWords.List(values, "trainable_parameters"),
            TrainedPattern = FlagWords.Text(values, "trainable_parameters_regex"),
        };
    }

    static string? One(FlagValues values, string flag) => FlagWords.List(values, flag) switch
    {
        [] => null,
        [var one] => one,
        var many => throw FlagWords.Fault(flag, $"{many.Count} adapters are given; a run goes on with one"),
    };
}
