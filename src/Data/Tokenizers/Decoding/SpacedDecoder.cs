namespace Ckpt.Data.Tokenizers.Decoding;

/// <summary>Puts tokens together with spaces between: what is done where there is no decoder.</summary>
sealed class SpacedDecoder : IDecoder
{
    public IDecoderStage Start(IDecoderStage next) => new MapDecoder(static (token, first) => first ? token : " " + token).Start(next);
}
