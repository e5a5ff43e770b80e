namespace Ckpt.Data.Preprocessing;

/// <summary>Opens tokenizers and the templates that go with them.</summary>
public interface IEncoderFactory
{
    /// <summary>The tokenizer in a folder or file.</summary>
    ITextEncoder OpenText(string path);

    /// <summary>The tokenizer with a template by name, or with the tokenizer's own where the name is null.</summary>
    /// <param name="path">The tokenizer's folder or file.</param>
    /// <param name="template">MindSpeed's <c>--prompt-type</c>.</param>
    /// <param name="thinking">Whether answers without thoughts get empty ones as learned (true), or given (false, null), see templates.</param>
    IChatEncoder OpenChat(string path, string? template, bool? thinking);
}
