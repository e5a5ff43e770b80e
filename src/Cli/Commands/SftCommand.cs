using Ckpt.Cli.Flags;
using Ckpt.Cli.Output;
using Ckpt.Cli.Training;
using Ckpt.Trainer.Loop;

namespace Ckpt.Cli.Commands;

/// <summary><c>ckpt sft</c>: trains a model on conversations, whole or by an adapter.</summary>
sealed class SftCommand(ITrainerBackend backend) : ICommand
{
    public string Name => "sft";

    public string Summary => "train a model, or an adapter of it, on conversations";

    public string Usage => "ckpt sft (--model FOLDER|NAME | --mcore_model FOLDER) --dataset PATH[#COUNT] … (--train_iters N | --num_train_epochs N) [flags]";

    public IReadOnlyList<string> Paths => [];

    public IReadOnlyList<FlagSpec> Flags => TrainingFlags.All;

    public IReadOnlyList<(string Line, string Does)> Examples =>
    [
        ("ckpt sft --model Qwen/Qwen3-0.6B --dataset chats.jsonl --tuner_type lora --num_train_epochs 1 --output_dir run", "an adapter, and the model with it merged"),
        ("NPROC_PER_NODE=2 ckpt sft --model ./base --dataset chats.jsonl#500 --tensor_model_parallel_size 2 --train_iters 100", "two processes share the model"),
        ("ckpt sft --mcore_model run/v0-…/checkpoint-50 --finetune false --dataset chats.jsonl --train_iters 100", "go on where a run stopped"),
    ];

    public CommandResult Run(FlagValues values, CommandContext context) => new TrainingRunner(backend).Run(Name, values, context);
}
