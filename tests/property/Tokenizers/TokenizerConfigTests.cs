using Ckpt.Data.Tokenizers;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Tokenizers;

public sealed class TokenizerConfigTests : IDisposable
{
    const string Model = """{"added_tokens":[{"id":7,"content":"<s>","special":true}],"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""";

    readonly TemporaryFolder _folder = new();

    public TokenizerConfigTests() => File.WriteAllText(_folder["tokenizer.json"], Model);

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Clause("TOK-9.1")]
    public void TokensForAPurposeAreTextsOrObjects()
    {
        Write("tokenizer_config.json", """{"bos_token":{"content":"<s>","lstrip":false},"eos_token":"a","unk_token":null,"pad_token":"absent","model_max_length":1e30}""");
        Write("special_tokens_map.json", """{"bos_token":"b","unk_token":{"content":"a"}}""");
        var tokenizer = Tokenizer.Load(_folder.Path);
        Assert.Equal(new SpecialTokens("<s>", "a", "absent", "a"), tokenizer.Config.Special);
        // The id of the file, 7, is not used: the next behind the vocabulary is 1 (TOK-6.3).
        Assert.Equal((1, 0, null, 0), (tokenizer.BosId, tokenizer.EosId, tokenizer.PadId, tokenizer.UnkId));
        Assert.Null(tokenizer.Config.ModelMaxLength);
        Assert.True(tokenizer.IsSpecial(1));
        Assert.False(tokenizer.IsSpecial(0));
    }

    [Fact]
    [Clause("TOK-9.2")]
    public void TemplatesAreOneOrNamed()
    {
        Assert.Null(Tokenizer.Load(_folder.Path).ChatTemplate);
        Write("tokenizer_config.json", """{"chat_template":"one","model_max_length":4096}""");
        Assert.Equal("one", Tokenizer.Load(_folder["tokenizer.json"]).ChatTemplate);
        Assert.Equal(4096, Tokenizer.Load(_folder.Path).Config.ModelMaxLength);
        Write("tokenizer_config.json", """{"chat_template":[{"name":"default","template":"one"},{"name":"tool_use","template":"two"}]}""");
        Assert.Equal(["default", "tool_use"], Tokenizer.Load(_folder.Path).Config.ChatTemplates.Keys.Order());
    }

    [Fact]
    [Clause("TOK-9.3")]
    public void FilesOfTemplatesComeFirst()
    {
        Write("tokenizer_config.json", """{"chat_template":[{"name":"default","template":"config"},{"name":"rag","template":"config"}]}""");
        Write("chat_template.json", """{"chat_template":"json"}""");
        Assert.Equal("json", Tokenizer.Load(_folder.Path).ChatTemplate);
        Write("chat_template.jinja", "jinja\n");
        Directory.CreateDirectory(_folder["additional_chat_templates"]);
        Write("additional_chat_templates/rag.jinja", "file");
        var templates = Tokenizer.Load(_folder.Path).Config.ChatTemplates;
        Assert.Equal(("jinja\n", "file"), (templates["default"], templates["rag"]));
    }

    [Fact]
    [Clause("TOK-1.5")]
    public void AFolderWithoutATokenizerSaysSo()
    {
        File.Delete(_folder["tokenizer.json"]);
        Assert.Contains("no tokenizer.json", Assert.Throws<FileNotFoundException>(() => Tokenizer.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    void Write(string name, string text) => File.WriteAllText(_folder[name], text);
}
