namespace Ckpt.Inference.Running;

/// <summary>What a sequence's earlier tokens leave to later ones: keys and values, or a delta net's state, of each layer.</summary>
sealed class SequenceState(int layers)
{
    internal LayerState?[] Layers { get; } = new LayerState?[layers];

    /// <summary>Tokens seen.</summary>
    internal int Length { get; set; }
}
