namespace Ckpt.Formats.Tensors;

/// <summary>Another place where a stored box lies again.</summary>
/// <param name="Tensor">Index into <see cref="ICheckpointReader.Tensors"/>.</param>
/// <param name="Box">Index into the tensor's boxes.</param>
/// <param name="File">Index into <see cref="ICheckpointReader.Files"/>: the file with the other copy.</param>
public readonly record struct Replica(int Tensor, int Box, int File);

/// <summary>A checkpoint that stores some boxes more than once, of which <see cref="ICheckpointReader.Locate"/> finds one.</summary>
public interface IReplicatedCheckpoint : ICheckpointReader
{
    /// <summary>The other copies. That they are equal is not known before they are compared.</summary>
    IReadOnlyList<Replica> Replicas { get; }

    /// <summary>Where a copy lies.</summary>
    /// <param name="replica">Index into <see cref="Replicas"/>.</param>
    BoxPayload LocateReplica(int replica);
}
