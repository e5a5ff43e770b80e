namespace Ckpt.Data.Tokenizers.Decoding;

/// <summary>One after the other.</summary>
sealed class DecoderSequence(IReadOnlyList<IDecoder> parts) : IDecoder
{
    public IDecoderStage Start(IDecoderStage next)
    {
        for (var i = parts.Count - 1; i >= 0; i--) { next = parts[i].Start(next); }
        return next;
    }
}
