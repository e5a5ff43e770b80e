using Ckpt.Cli.Flags;
using Ckpt.Trainer.Datasets;
using Ckpt.Trainer.Loop;
using Ckpt.Trainer.Loop.Arguments;

namespace Ckpt.Cli.Training;

/// <summary>The flags that say how long and how fast is trained, and what is kept and told of it.</summary>
static class LoopFlags
{
    internal static readonly IReadOnlyList<FlagSpec> All =
    [
        new("micro_batch_size", FlagKind.Int, "rows that a rank computes at once; 1 where not given"),
        new("global_batch_size", FlagKind.Int, "rows of a step; 16 where not given"),
        new("train_iters", FlagKind.Int, "steps"),
        new("num_train_epochs", FlagKind.Number, "times through the rows, where --train_iters is not given") { Aliases = ["max_epochs"] },
        new("seed", FlagKind.Int, "seed of new adapters and of dropout; 42 where not given"),
        new("calculate_per_token_loss", FlagKind.Bool, "every token of a step counts alike (usual); false: every micro batch does"),
        new("enable_dft_loss", FlagKind.Bool, "weigh each token's loss by its probability"),
        new("padding_free", FlagKind.Bool, "lay rows end to end in place of filling up the shorter ones; true where not given"),
        new("packing", FlagKind.Bool, "put several samples into one row of --packing_length tokens"),
        new("packing_length", FlagKind.Int, "tokens of such a row; --max_length where not given"),
        new("packing_strategy", FlagKind.Text, "binpack (usual) or sequential"),
        new("train_dataloader_shuffle", FlagKind.Bool, "a new order of rows in each epoch; true where not given"),
        new("data_sharding", FlagKind.Bool, "each rank keeps to a part of the rows"),
        new("no_data_sharding", FlagKind.Bool, "the opposite"),

        new("optimizer", FlagKind.Text, "adam (AdamW, usual) or sgd"),
        new("lr", FlagKind.Number, "learning rate; 1e-5, with lora 1e-4 where not given"),
        new("min_lr", FlagKind.Number, "learning rate at the end; 0 where not given"),
        new("lr_decay_style", FlagKind.Text, "cosine (usual), constant, linear, inverse-square-root, WSD"),
        new("lr_decay_iters", FlagKind.Int, "steps of the fall; all where not given"),
        new("lr_warmup_iters", FlagKind.Int, "steps of the warm-up; 0 where not given"),
        new("lr_warmup_fraction", FlagKind.Number, "warm-up as a part of the fall, in place of its steps"),
        new("lr_warmup_init", FlagKind.Number, "learning rate that the warm-up begins with"),
        new("lr_wsd_decay_style", FlagKind.Text, "with WSD: exponential (usual), linear, cosine, minus_sqrt"),
        new("lr_wsd_decay_iters", FlagKind.Int, "with WSD: steps of the last part"),
        new("weight_decay", FlagKind.Number, "0.1 where not given; not of biases and norms"),
        new("weight_decay_incr_style", FlagKind.Text, "constant (usual), linear, cosine: from --start_weight_decay to --end_weight_decay"),
        new("start_weight_decay", FlagKind.Number, "weight decay at the beginning"),
        new("end_weight_decay", FlagKind.Number, "weight decay at the end"),
        new("clip_grad", FlagKind.Number, "largest norm of gradients; 1 where not given, 0 for any"),
        new("adam_beta1", FlagKind.Number, "0.9 where not given"),
        new("adam_beta2", FlagKind.Number, "0.95 where not given"),
        new("adam_eps", FlagKind.Number, "1e-8 where not given"),
        new("sgd_momentum", FlagKind.Number, "0.9 where not given"),
        new("check_for_nan_in_loss_and_grad", FlagKind.Bool, "end at a loss or gradient that is no number (usual); false skips such steps") { Aliases = ["check_for_nan_in_loss"] },
        new("no_check_for_nan_in_loss_and_grad", FlagKind.Bool, "the opposite"),

        new("recompute_granularity", FlagKind.Text, "what the backward pass computes anew: selective (attention's scores, usual), full, none"),
        new("recompute_method", FlagKind.Text, "with full: uniform or block"),
        new("recompute_num_layers", FlagKind.Int, "with full: layers together (uniform), or in all (block)"),
        new("attention_dropout", FlagKind.Number, "dropout of attention's weights; 0 where not given"),
        new("hidden_dropout", FlagKind.Number, "dropout of layers' outputs; 0 where not given"),
        new("moe_aux_loss_coeff", FlagKind.List, "weight of the loss that balances experts; 0 where not given"),
        new("moe_z_loss_coeff", FlagKind.Number, "weight of the loss that keeps router logits small"),

        new("output_dir", FlagKind.Path, "where to write; megatron_output/MODEL where not given") { Aliases = ["save"] },
        new("add_version", FlagKind.Bool, "write into a folder of its own there, v0-DATE-TIME; true where not given"),
        new("save_steps", FlagKind.Int, "steps between checkpoints; 500 where not given") { Aliases = ["save_interval"] },
        new("save_strategy", FlagKind.Text, "steps (usual) or epoch"),
        new("save_safetensors", FlagKind.Bool, "write weights as safetensors; true where not given. Megatron's format is written with the optimizer, or in its place"),
        new("no_save_optim", FlagKind.Bool, "leave the optimizer's state out; such a run cannot go on exactly"),
        new("no_save_rng", FlagKind.Bool, "leave random numbers out"),
        new("merge_lora", FlagKind.Bool, "write a merged model beside an adapter; as --save_safetensors where not given"),
        new("max_shard_size", FlagKind.Size, "largest safetensors file, 5GB where not given"),
        new("save_total_limit", FlagKind.Int, "checkpoints kept, the best and the last among them"),
        new("create_checkpoint_symlink", FlagKind.Bool, "links best and last beside the checkpoints"),
        new("metric_for_best_model", FlagKind.Text, "loss, the one there is"),
        new("greater_is_better", FlagKind.Bool, "whether a greater metric is better; false for loss"),

        new("logging_steps", FlagKind.Int, "steps between lines of the log; 5 where not given") { Aliases = ["log_interval"] },
        new("eval_steps", FlagKind.Int, "steps between evaluations; as --save_steps where not given") { Aliases = ["eval_interval"] },
        new("eval_iters", FlagKind.Int, "global batches of an evaluation; -1 for all rows held back"),
        new("report_to", FlagKind.List, "tensorboard (usual) or none"),
        new("tensorboard_dir", FlagKind.Path, "where its files go; runs in the run's folder where not given") { Aliases = ["logging_dir"] },
    ];

    internal static OptimizerArguments Optimizer(FlagValues values, bool isLora)
    {
        var decay = FlagWords.Within(values, "weight_decay", 0.1, 0, double.MaxValue);
        return new OptimizerArguments
        {
            Name = FlagWords.Of(values, "optimizer", "adam", ("adam", "adam"), ("adamw", "adam"), ("sgd", "sgd")),
            LearningRate = FlagWords.Within(values, "lr", isLora ? 1e-4 : 1e-5, 0, double.MaxValue),
            MinLearningRate = FlagWords.Within(values, "min_lr", 0, 0, double.MaxValue),
            Decay = FlagWords.Of(values, "lr_decay_style", DecayStyle.Cosine, ("constant", DecayStyle.Constant), ("linear", DecayStyle.Linear), ("cosine", DecayStyle.Cosine),
                ("inverse-square-root", DecayStyle.InverseSquareRoot), ("WSD", DecayStyle.Wsd)),
            DecayIterations = values.Has("lr_decay_iters") ? FlagWords.AtLeast(values, "lr_decay_iters", 1, 1) : null,
            WarmupIterations = FlagWords.AtLeast(values, "lr_warmup_iters", 0, 0),
            WarmupFraction = values.Has("lr_warmup_fraction") ? FlagWords.Within(values, "lr_warmup_fraction", 0, 0, 1) : null,
            WarmupInit = FlagWords.Within(values, "lr_warmup_init", 0, 0, double.MaxValue),
            Wsd = FlagWords.Of(values, "lr_wsd_decay_style", WsdStyle.Exponential, ("exponential", WsdStyle.Exponential), ("linear", WsdStyle.Linear), ("cosine", WsdStyle.Cosine), ("minus_sqrt", WsdStyle.MinusSquareRoot)),
            WsdIterations = values.Has("lr_wsd_decay_iters") ? FlagWords.AtLeast(values, "lr_wsd_decay_iters", 1, 1) : null,
            WeightDecay = decay,
            StartWeightDecay = FlagWords.Within(values, "start_weight_decay", decay, 0, double.MaxValue),
            EndWeightDecay = FlagWords.Within(values, "end_weight_decay", decay, 0, double.MaxValue),
            WeightDecayStyle = FlagWords.Of(values, "weight_decay_incr_style", WeightDecayStyle.Constant, ("constant", WeightDecayStyle.Constant), ("linear", WeightDecayStyle.Linear), ("cosine", WeightDecayStyle.Cosine)),
            ClipGrad = FlagWords.Within(values, "clip_grad", 1, 0, double.MaxValue),
            Beta1 = FlagWords.Within(values, "adam_beta1", 0.9, 0, 0.9999999999),
            Beta2 = FlagWords.Within(values, "adam_beta2", 0.95, 0, 0.9999999999),
            Epsilon = FlagWords.Within(values, "adam_eps", 1e-8, 0, 1),
            SgdMomentum = FlagWords.Within(values, "sgd_momentum", 0.9, 0, 1),
            IsDistributed = values.Bool("use_distributed_optimizer", otherwise: true),
            CheckForNan = values.Bool("check_for_nan_in_loss_and_grad", otherwise: !values.Bool("no_check_for_nan_in_loss_and_grad")),
        };
    }

    internal static BatchArguments Batches(FlagValues values) => new()
    {
        MicroBatch = FlagWords.AtLeast(values, "micro_batch_size", 1, 1),
        GlobalBatch = FlagWords.AtLeast(values, "global_batch_size", 16, 1),
        Wish = new IterationWish(
            values.Int("train_iters"),
            values.Has("num_train_epochs") ? FlagWords.Within(values, "num_train_epochs", 1, double.Epsilon, 1e9) : null,
            FlagWords.AtLeast(values, "save_steps", 500, 1),
            values.Has("eval_steps") ? FlagWords.AtLeast(values, "eval_steps", 1, 1) : null,
            FlagWords.AtLeast(values, "eval_iters", -1, -1),
            FlagWords.Of(values, "save_strategy", false, ("steps", false), ("epoch", true)),
            FlagWords.AtLeast(values, "logging_steps", 5, 1)),
        // Packed rows know their samples by boundaries, which rows that are filled up have not.
        PaddingFree = values.Bool("padding_free", otherwise: true) || values.Bool("packing"),
        Packing = values.Bool("packing"),
        PackingLength = values.Has("packing_length") ? FlagWords.AtLeast(values, "packing_length", 2, 2) : null,
        PackingStrategy = FlagWords.Of(values, "packing_strategy", PackingStrategy.BinPack, ("binpack", PackingStrategy.BinPack), ("sequential", PackingStrategy.Sequential)),
        Sampler = new SamplerOptions(values.Bool("train_dataloader_shuffle", otherwise: true), values.Bool("data_sharding") && !values.Bool("no_data_sharding")),
        PerTokenLoss = values.Bool("calculate_per_token_loss", otherwise: true),
        DynamicLoss = values.Bool("enable_dft_loss"),
        Recompute = FlagWords.Of(values, "recompute_granularity", "selective", ("selective", "selective"), ("full", "full"), ("none", "none")),
        RecomputeMethod = FlagWords.Of(values, "recompute_method", null, ("None", null), ("uniform", "uniform"), ("block", (string?)"block")),
        RecomputeLayers = FlagWords.AtLeast(values, "recompute_num_layers", 1, 1),
        AuxiliaryLoss = AuxiliaryLoss(values),
        RouterLogitLoss = FlagWords.Within(values, "moe_z_loss_coeff", 0, 0, double.MaxValue),
        AttentionDropout = FlagWords.Within(values, "attention_dropout", 0, 0, 0.999999),
        HiddenDropout = FlagWords.Within(values, "hidden_dropout", 0, 0, 0.999999),
        Seed = FlagWords.AtLeast(values, "seed", 42, 0),
    };

    internal static SavingArguments Saving(FlagValues values, ModelArguments model)
    {
        var metric = FlagWords.Text(values, "metric_for_best_model") ?? "loss";
        if (metric is not ("loss" or "eval_loss")) { throw FlagWords.Fault("metric_for_best_model", $"{metric}; loss is what evaluations of this version give"); }
        return new SavingArguments
        {
            OutputFolder = FlagWords.Text(values, "output_dir") ?? Path.Combine("megatron_output", Path.GetFileName(Path.TrimEndingDirectorySeparator(model.Name ?? model.Megatron!))),
            AddVersion = values.Bool("add_version", otherwise: true),
            Safetensors = values.Bool("save_safetensors", otherwise: true),
            NoSaveOptimizer = values.Bool("no_save_optim"),
            NoSaveRandom = values.Bool("no_save_rng"),
            MergeLora = values.Has("merge_lora") ? values.Bool("merge_lora") : null,
            MaxShardSize = values.Size("max_shard_size") ?? 5_000_000_000,
            TotalLimit = values.Has("save_total_limit") ? FlagWords.AtLeast(values, "save_total_limit", 2, 2) : null,
            Symlinks = values.Bool("create_checkpoint_symlink"),
            BestMetric = "loss",
            GreaterIsBetter = values.Bool("greater_is_better"),
        };
    }

    internal static LoggingArguments Logging(FlagValues values)
    {
        var reports = values.Has("report_to") ? values.List("report_to") : ["tensorboard"];
        foreach (var report in reports)
        {
            if (report is "wandb" or "swanlab") { throw new Formats.UnsupportedCheckpointException("CLI-11.3", $"--report_to {report}", "runs are not sent to services; 'wandb sync' and SwanLab read the event files of --report_to tensorboard"); }
            if (report is not ("tensorboard" or "none" or "None")) { throw FlagWords.Fault("report_to", $"{report}; allowed are tensorboard and none"); }
        }
        return new LoggingArguments { TensorBoard = reports.Contains("tensorboard"), TensorBoardFolder = FlagWords.Text(values, "tensorboard_dir") };
    }

    static double AuxiliaryLoss(FlagValues values)
    {
        var texts = FlagWords.List(values, "moe_aux_loss_coeff");
        if (texts.Count > 1) { throw FlagWords.Fault("moe_aux_loss_coeff", $"{texts.Count} numbers; one is allowed, for the loss over a batch"); }
        return texts.Count == 0 ? 0 : double.TryParse(texts[0], System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var number) && number >= 0 ? number
            : throw FlagWords.Fault("moe_aux_loss_coeff", $"'{texts[0]}' is no number of at least 0");
    }
}
