namespace Ckpt.Formats.Torch;

/// <summary>The strings that torch.save holds once and refers to in every tensor after the first: one set for one file.</summary>
public sealed class TorchNames
{
    internal PickleString Storage { get; } = new("storage");

    internal PickleString Cpu { get; } = new("cpu");
}
