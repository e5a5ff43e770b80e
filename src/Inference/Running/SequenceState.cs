namespace Ckpt.Inference.Running;

/// <summary>What a sequence's earlier tokens leave to later ones: keys and values, or a delta net's state, of each layer.</summary>
/// <param name="layers">The model's layers.</param>
/// <param name="capacity">Positions that room is made for at once.</param>
sealed class SequenceState(int layers, int capacity)
{
    internal LayerState?[] Layers { get; } = new LayerState?[layers];

    /// <summary>Positions there is to be room for.</summary>
    internal int Capacity { get; set; } = capacity;

    /// <summary>Tokens seen.</summary>
    internal int Length { get; set; }
}
