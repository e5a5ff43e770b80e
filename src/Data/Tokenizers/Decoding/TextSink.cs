using System.Text;

namespace Ckpt.Data.Tokenizers.Decoding;

/// <summary>The end of a decoding: collects its text.</summary>
sealed class TextSink : IDecoderStage
{
    readonly StringBuilder _text = new();

    public void Push(string token) => _text.Append(token);

    public void Flush() { }

    /// <summary>What came since the last time.</summary>
    internal string Take()
    {
        var text = _text.ToString();
        _text.Clear();
        return text;
    }
}
