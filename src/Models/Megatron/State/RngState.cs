namespace Ckpt.Models.Megatron.State;

/// <summary>The random number generators of one rank.</summary>
/// <param name="Torch">torch's generator of the CPU, as <c>get_rng_state</c> gives it.</param>
/// <param name="Trackers">Generators by name: <c>model-parallel-rng</c>.</param>
public sealed record RngState(ReadOnlyMemory<byte> Torch, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Trackers)
{
    /// <summary>A rank with torch's generator only.</summary>
    public static RngState Of(ReadOnlyMemory<byte> torch) => new(torch, new Dictionary<string, ReadOnlyMemory<byte>>());
}
