namespace Ckpt.Formats.Torch;

/// <summary>Which torch's torch.save is followed (spec/torch.md TOR-4.1).</summary>
public enum TorchEra
{
    /// <summary>torch 2.1 to 2.6.</summary>
    UpTo26,

    /// <summary>torch 2.7 and later.</summary>
    From27,
}
