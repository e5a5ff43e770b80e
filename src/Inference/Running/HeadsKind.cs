using Ckpt.Inference.Kernels;

namespace Ckpt.Inference.Running;

/// <summary>Heads that score keys and mix values.</summary>
/// <param name="Heads">Of queries.</param>
/// <param name="Groups">Of keys and values, each for as many query heads.</param>
/// <param name="KeyDim">Size of a query and a key.</param>
/// <param name="ValueDim">Size of a value.</param>
/// <param name="Scale">What scores are multiplied by.</param>
/// <param name="Window">Positions a query sees; null: all before it.</param>
/// <param name="Cap">What scores are held between, or null.</param>
/// <param name="Sinks">A logit a head, or null.</param>
readonly record struct HeadsKind(int Heads, int Groups, int KeyDim, int ValueDim, float Scale, long? Window, float? Cap, float[]? Sinks)
{
    /// <summary>Positions in a chunk, of which a query sees none but those of its own; null: there are no chunks.</summary>
    internal long? Chunk { get; init; }

    /// <summary>Panels of a value.</summary>
    internal int ValuePanels => Panels.Count(ValueDim);

    /// <summary>The first position that the query of a position sees.</summary>
    internal int First(int position)
    {
        var first = Window is { } window ? (int)Math.Max(0, position + 1 - window) : 0;
        return Chunk is { } chunk ? (int)Math.Max(first, position / chunk * chunk) : first;
    }
}
