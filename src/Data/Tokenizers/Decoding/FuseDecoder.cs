namespace Ckpt.Data.Tokenizers.Decoding;

/// <summary>Makes one token of all; as nothing but the ends matters after it, it only marks where they are.</summary>
sealed class FuseDecoder : IDecoder
{
    public IDecoderStage Start(IDecoderStage next) => next;
}
