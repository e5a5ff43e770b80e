using System.Text.Json.Nodes;
using Ckpt.Trainer.Datasets;

namespace Ckpt.Trainer.Loop.Arguments;

/// <summary>Says a run's arguments under Megatron-SWIFT's names, as its <c>args.json</c> has them. Pure.</summary>
public static class ArgsJson
{
    /// <summary>The arguments, with what was found for those that were left open.</summary>
    public static JsonObject Of(TrainingArguments arguments, TrainingText text, IterationPlan plan)
    {
        var json = new JsonObject();
        Model(json, arguments.Model, text);
        Tuning(json, arguments.Tuning);
        Data(json, arguments.Data, arguments.Encoding, text);
        Batches(json, arguments.Batches, plan);
        Optimizer(json, arguments.Optimizer);
        Saving(json, arguments.Saving, arguments.Logging);
        json["tensor_model_parallel_size"] = arguments.Place.TensorParallel;
        json["pipeline_model_parallel_size"] = 1;
        json["expert_model_parallel_size"] = 1;
        json["context_parallel_size"] = 1;
        json["sequence_parallel"] = arguments.Place.SequenceParallel;
        json["use_distributed_optimizer"] = arguments.Optimizer.IsDistributed;
        json["world_size"] = arguments.Place.World;
        json["data_parallel_size"] = arguments.Place.DataParallel;
        return json;
    }

    static void Model(JsonObject json, ModelArguments model, TrainingText text)
    {
        json["model"] = model.Name;
        json["model_dir"] = model.Folder is { } folder ? Path.GetFullPath(folder) : null;
        json["hf_model_type"] = text.Config.Model.ModelType;
        json["mcore_model"] = model.Megatron;
        json["adapters"] = model.Adapter is { } adapter ? new JsonArray(adapter) : [];
        json["mcore_adapter"] = model.MegatronAdapter;
        json["torch_dtype"] = model.Type;
        json["task_type"] = "causal_lm";
        json["finetune"] = model.Finetune;
        json["no_load_optim"] = model.NoLoadOptimizer;
        json["no_load_rng"] = model.NoLoadRandom;
    }

    static void Tuning(JsonObject json, TuningArguments tuning)
    {
        json["tuner_type"] = tuning.IsLora ? "lora" : "full";
        if (tuning.IsLora)
        {
            json["lora_rank"] = tuning.Rank;
            json["lora_alpha"] = tuning.Alpha == Math.Floor(tuning.Alpha) && tuning.Alpha < 1L << 53 ? JsonValue.Create((long)tuning.Alpha) : JsonValue.Create(tuning.Alpha);
            json["lora_dropout"] = tuning.Dropout;
            json["lora_bias"] = "none";
            json["lora_dtype"] = tuning.Type;
            json["use_rslora"] = tuning.IsRankStabilised;
            json["target_modules"] = Texts(tuning.Targets);
            json["target_regex"] = tuning.TargetPattern;
            json["modules_to_save"] = Texts(tuning.ModulesToSave);
        }
        json["freeze_llm"] = tuning.FreezesAll;
        json["freeze_parameters"] = Texts(tuning.Frozen);
        json["freeze_parameters_regex"] = tuning.FrozenPattern;
        json["freeze_parameters_ratio"] = tuning.FrozenRatio;
        json["trainable_parameters"] = Texts(tuning.Trained);
        json["trainable_parameters_regex"] = tuning.TrainedPattern;
    }

    static void Data(JsonObject json, DatasetOptions data, EncodingArguments encoding, TrainingText text)
    {
        json["dataset"] = Texts(data.Training);
        json["val_dataset"] = Texts(data.Validation);
        json["split_dataset_ratio"] = data.SplitRatio;
        json["data_seed"] = data.Seed;
        json["dataset_shuffle"] = data.Shuffle;
        json["streaming"] = encoding.IsStreamed;
        json["shuffle_buffer_size"] = data.ShuffleBuffer;
        json["strict"] = data.Strict;
        json["columns"] = new JsonObject(data.Columns.Select(c => KeyValuePair.Create(c.Key, (JsonNode?)c.Value)));
        json["model_name"] = Texts(data.ModelNames);
        json["model_author"] = Texts(data.ModelAuthors);
        json["template"] = text.Template;
        json["use_chat_template"] = encoding.UseChatTemplate;
        json["system"] = encoding.System;
        json["loss_scale"] = encoding.LossScale;
        json["enable_thinking"] = encoding.EnableThinking;
        json["add_non_thinking_prefix"] = encoding.AddNonThinkingPrefix;
        json["response_prefix"] = encoding.ResponsePrefix;
        json["max_length"] = text.MaxLength(encoding);
        json["truncation_strategy"] = Word(encoding.Truncation);
    }

    static void Batches(JsonObject json, BatchArguments batches, IterationPlan plan)
    {
        json["micro_batch_size"] = batches.MicroBatch;
        json["global_batch_size"] = batches.GlobalBatch;
        json["train_iters"] = plan.Iterations;
        json["num_train_epochs"] = batches.Wish.Epochs;
        json["eval_iters"] = plan.EvalIterations;
        json["eval_steps"] = plan.EvalSteps;
        json["save_steps"] = plan.SaveSteps;
        json["save_strategy"] = batches.Wish.SaveEachEpoch ? "epoch" : "steps";
        json["logging_steps"] = plan.LoggingSteps;
        json["seed"] = batches.Seed;
        json["padding_free"] = batches.PaddingFree;
        json["packing"] = batches.Packing;
        json["packing_length"] = batches.PackingLength;
        json["packing_strategy"] = Word(batches.PackingStrategy);
        json["train_dataloader_shuffle"] = batches.Sampler.Shuffle;
        json["data_sharding"] = batches.Sampler.DataSharding;
        json["calculate_per_token_loss"] = batches.PerTokenLoss;
        json["enable_dft_loss"] = batches.DynamicLoss;
        json["recompute_granularity"] = batches.Recompute;
        json["recompute_method"] = batches.RecomputeMethod;
        json["recompute_num_layers"] = batches.RecomputeLayers;
        json["moe_aux_loss_coeff"] = batches.AuxiliaryLoss;
        json["moe_z_loss_coeff"] = batches.RouterLogitLoss;
        json["attention_dropout"] = batches.AttentionDropout;
        json["hidden_dropout"] = batches.HiddenDropout;
    }

    static void Optimizer(JsonObject json, OptimizerArguments optimizer)
    {
        json["optimizer"] = optimizer.Name;
        json["lr"] = optimizer.LearningRate;
        json["min_lr"] = optimizer.MinLearningRate;
        json["lr_decay_style"] = optimizer.Decay switch { DecayStyle.InverseSquareRoot => "inverse-square-root", DecayStyle.Wsd => "WSD", var style => Word(style) };
        json["lr_decay_iters"] = optimizer.DecayIterations;
        json["lr_warmup_iters"] = optimizer.WarmupIterations;
        json["lr_warmup_fraction"] = optimizer.WarmupFraction;
        json["lr_warmup_init"] = optimizer.WarmupInit;
        json["lr_wsd_decay_style"] = optimizer.Wsd == WsdStyle.MinusSquareRoot ? "minus_sqrt" : Word(optimizer.Wsd);
        json["lr_wsd_decay_iters"] = optimizer.WsdIterations;
        json["weight_decay"] = optimizer.WeightDecay;
        json["weight_decay_incr_style"] = Word(optimizer.WeightDecayStyle);
        json["start_weight_decay"] = optimizer.StartWeightDecay;
        json["end_weight_decay"] = optimizer.EndWeightDecay;
        json["clip_grad"] = optimizer.ClipGrad;
        json["adam_beta1"] = optimizer.Beta1;
        json["adam_beta2"] = optimizer.Beta2;
        json["adam_eps"] = optimizer.Epsilon;
        json["sgd_momentum"] = optimizer.SgdMomentum;
        json["check_for_nan_in_loss_and_grad"] = optimizer.CheckForNan;
    }

    static void Saving(JsonObject json, SavingArguments saving, LoggingArguments logging)
    {
        json["output_dir"] = saving.OutputFolder;
        json["add_version"] = saving.AddVersion;
        json["save_safetensors"] = saving.Safetensors;
        json["no_save_optim"] = saving.NoSaveOptimizer;
        json["no_save_rng"] = saving.NoSaveRandom;
        json["merge_lora"] = saving.MergeLora;
        json["save_total_limit"] = saving.TotalLimit;
        json["metric_for_best_model"] = saving.BestMetric;
        json["greater_is_better"] = saving.GreaterIsBetter;
        json["create_checkpoint_symlink"] = saving.Symlinks;
        json["report_to"] = logging.TensorBoard ? new JsonArray("tensorboard") : [];
    }

    static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(t => (JsonNode)t)];
}
