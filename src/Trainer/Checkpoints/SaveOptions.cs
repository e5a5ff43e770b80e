namespace Ckpt.Trainer.Checkpoints;

/// <summary>How a run saves, by the flags that say so.</summary>
public sealed record SaveOptions
{
    /// <summary>The run's folder, in which <c>checkpoint-N</c> are.</summary>
    public required string OutputDir { get; init; }

    /// <summary><c>--save_safetensors</c>: the model in Hugging Face's form, or the adapter in PEFT's.</summary>
    public bool SaveSafetensors { get; init; } = true;

    /// <summary><c>--no_save_optim</c>.</summary>
    public bool NoSaveOptim { get; init; }

    /// <summary><c>--no_save_rng</c>.</summary>
    public bool NoSaveRng { get; init; }

    /// <summary><c>--merge_lora</c>: the model with the adapter merged, beside the checkpoint; null: as <see cref="SaveSafetensors"/>.</summary>
    public bool? MergeLora { get; init; }

    /// <summary><c>--max_shard_size</c> in bytes.</summary>
    public long MaxShardBytes { get; init; } = 5_000_000_000;

    /// <summary><c>--save_total_limit</c>: checkpoints kept, at least 2: the best and the last; null: all.</summary>
    public int? TotalLimit { get; init; }

    /// <summary><c>--create_checkpoint_symlink</c>: <c>best</c> and <c>last</c>.</summary>
    public bool Symlinks { get; init; }

    /// <summary>The iteration of the best checkpoint so far; null: not known.</summary>
    public long? Best { get; init; }

    /// <summary>The seed that stands in for generators this program has none of.</summary>
    public uint Seed { get; init; } = 42;

    /// <summary>Threads that write, on each rank.</summary>
    public int Threads { get; init; } = 1;
}
