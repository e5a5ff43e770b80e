namespace Ckpt.Data.Tokenizers.Decoding;

/// <summary>A decoder of tokenizer.json. Immutable; what it remembers of a text is in the stage it starts.</summary>
interface IDecoder
{
    /// <summary>Starts a decoding that gives its text to a stage.</summary>
    IDecoderStage Start(IDecoderStage next);
}
