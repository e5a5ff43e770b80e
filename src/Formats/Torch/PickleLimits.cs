namespace Ckpt.Formats.Torch;

/// <summary>What a pickle may ask of memory; more is refused (TOR-1.10). A node takes at most some 200 bytes.</summary>
public readonly record struct PickleLimits()
{
    /// <summary>Values of all kinds.</summary>
    public int Nodes { get; init; } = 100_000_000;

    /// <summary>Marks open at once: how deep one container may be written inside another.</summary>
    public int Marks { get; init; } = 10_000;

    /// <summary>Bytes of one int.</summary>
    public int IntBytes { get; init; } = 4096;

    /// <summary>Bytes of one string, bytes object or line.</summary>
    public int TextBytes { get; init; } = 1 << 30;
}
