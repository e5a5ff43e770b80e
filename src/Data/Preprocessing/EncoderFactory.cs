using Ckpt.Data.Templates.Named;
using Ckpt.Data.Tokenizers;

namespace Ckpt.Data.Preprocessing;

/// <summary>Opens tokenizers of Hugging Face, and MindSpeed's templates by name.</summary>
public sealed class EncoderFactory : IEncoderFactory
{
    public ITextEncoder OpenText(string path) => new TokenizerText(Tokenizer.Load(path));

    public IChatEncoder OpenChat(string path, string? template, bool? thinking)
    {
        if (template is null)
        {
            throw new MalformedDataException("DAT-6.14", "--prompt-type", $"is needed to write conversations; there are {string.Join(", ", MindSpeedTemplates.Names)}");
        }
        var chosen = MindSpeedTemplates.Get(template);
        var tokenizer = Tokenizer.Load(path);
        return new MindSpeedChat(chosen, thinking, TemplateTokenizer.Of(tokenizer), new TokenizerText(tokenizer));
    }
}
