namespace Ckpt.Formats.Tensors;

/// <summary>How the whole content of a file becomes what is stored: a pure function, the same bytes from the same content.</summary>
/// <param name="Name">Tells this encoding and its settings from others.</param>
/// <param name="MaxLength">Bytes stored at most; memory and disk are set aside for as many.</param>
/// <param name="WorkingBytes">Memory that one call takes at its peak besides the content, the result included.</param>
/// <param name="Apply">From the content to what is stored; called from several threads.</param>
public sealed record FileEncoding(string Name, long MaxLength, long WorkingBytes, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Apply)
{
    /// <summary>Bytes of content that an encoded file has at most.</summary>
    public const long MaxContent = 1L << 30;
}
