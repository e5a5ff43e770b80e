using Ckpt.Torch;
using Ckpt.Trainer.Loop.Arguments;

namespace Ckpt.Trainer.Loop;

/// <summary>Computes with LibTorch.</summary>
public sealed class TorchBackend : ITrainerBackend
{
    public string? Unavailable => torch.IsAvailable(out var reason) ? null : reason;

    public IRankGroup Connect(PlaceArguments place) => new ConnectedRanks(place);

    public ITrainingSession Open(TrainingArguments arguments, TrainingText text, IRankGroup ranks, SessionPlan plan) => TorchSession.Open(arguments, text, (ConnectedRanks)ranks, plan);
}
