namespace Ckpt.Data.Tokenizers.Decoding;

/// <summary>One decoding at work: takes tokens, gives text to the stage behind it as soon as nothing that follows can change it.</summary>
interface IDecoderStage
{
    void Push(string token);

    /// <summary>Gives what is left: there are no more tokens.</summary>
    void Flush();
}
