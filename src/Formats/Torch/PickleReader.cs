using Ckpt.Formats.IO;

namespace Ckpt.Formats.Torch;

/// <summary>
/// Reads a pickle into inert nodes: nothing is imported, called or constructed. Source: CPython Lib/pickle.py and Lib/pickletools.py.
/// </summary>
public static class PickleReader
{
    /// <summary>Reads a pickle that is all of <paramref name="bytes"/>.</summary>
    /// <exception cref="CheckpointException">It breaks a clause of spec/torch.md part 1, or asks for more than the limits.</exception>
    public static PickleNode Read(ReadOnlyMemory<byte> bytes, string where, PickleLimits? limits = null) =>
        Read(new MemoryByteSource(where, bytes), limits);

    /// <summary>Reads a pickle that is all of <paramref name="source"/>, by a window.</summary>
    /// <param name="source">The pickle.</param>
    /// <param name="limits">What it may ask of memory.</param>
    /// <param name="skipAttribute">
    /// An attribute of the root object that is read past and becomes a <see cref="PickleSkipped"/>, unless something else refers into it.
    /// </param>
    public static PickleNode Read(IByteSource source, PickleLimits? limits = null, string? skipAttribute = null) =>
        new PickleMachine(new PickleCursor(source), limits ?? new PickleLimits(), skipAttribute).Run()
        ?? new PickleMachine(new PickleCursor(source), limits ?? new PickleLimits(), skip: null).Run()!;
}
