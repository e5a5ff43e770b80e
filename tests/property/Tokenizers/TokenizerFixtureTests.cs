using System.Text.Json.Nodes;
using Ckpt.Data.Tokenizers;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Tokenizers;

/// <summary>Every case that the reference library was asked about, exactly.</summary>
public sealed class TokenizerFixtureTests
{
    [Theory]
    [Clause("TOK-8.3"), Clause("TOK-8.4"), Clause("TOK-5.6")]
    [InlineData("qwen_style")]
    [InlineData("llama3_style")]
    [InlineData("llama2_style")]
    [InlineData("llama2_metaspace")]
    [InlineData("gemma_style")]
    [InlineData("unigram")]
    [InlineData("unigram_bytefallback")]
    public void EveryCaseIsAsTheReferenceHasIt(string name)
    {
        var folder = Repository.Vector("tokenizers", name);
        var expected = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")))!;
        Faults.None(new TokenizerCases(Tokenizer.Load(folder), expected).Differences());
    }
}
