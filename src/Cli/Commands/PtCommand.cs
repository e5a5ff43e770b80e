using Ckpt.Cli.Flags;
using Ckpt.Cli.Output;
using Ckpt.Cli.Training;
using Ckpt.Trainer.Loop;

namespace Ckpt.Cli.Commands;

/// <summary><c>ckpt pt</c>: trains a model on running text.</summary>
sealed class PtCommand(ITrainerBackend backend) : ICommand
{
    public string Name => "pt";

    public string Summary => "train a model on running text";

    public string Usage => "ckpt pt (--model FOLDER|NAME | --mcore_model FOLDER) --dataset PATH[#COUNT] … (--train_iters N | --num_train_epochs N) [flags]";

    public IReadOnlyList<string> Paths => [];

    public IReadOnlyList<FlagSpec> Flags => TrainingFlags.All;

    public IReadOnlyList<(string Line, string Does)> Examples =>
    [
        ("ckpt pt --model ./base --dataset text.jsonl --packing true --truncation_strategy split --train_iters 1000", "rows cut and packed to --max_length"),
        ("ckpt pt --model ./base --data-path corpus --num_train_epochs 1", "what 'ckpt preprocess' wrote: corpus_text_document.bin and .idx"),
    ];

    public CommandResult Run(FlagValues values, CommandContext context) => new TrainingRunner(backend).Run(Name, values, context);
}
