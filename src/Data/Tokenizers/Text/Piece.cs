namespace Ckpt.Data.Tokenizers.Text;

/// <summary>A range of a text: an added token already, or still to be split and looked up.</summary>
/// <param name="Source">The text it lies in.</param>
/// <param name="Start">Its first unit.</param>
/// <param name="End">The unit behind its last.</param>
/// <param name="Id">The added token's id, or −1.</param>
readonly record struct Piece(AlignedText Source, int Start, int End, int Id = -1)
{
    internal ReadOnlySpan<char> Span => Source.Text.AsSpan(Start, End - Start);

    /// <summary>The piece as a text of its own.</summary>
    internal AlignedText Alone() => Source.Slice(Start, End);
}
