using System.Text.Json.Nodes;
using Ckpt.Cli.Looking;
using Ckpt.Data.Tokenizers;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Cli;

public class TokenizeTests
{
    static readonly string s_model = Repository.Vector("tokenizers", "llama2_style");

    [Fact]
    [Clause("TOK-10.3")]
    public void TokensStandApartAndSpacesAreSeen()
    {
        var run = Run("the <s>\n\u200b");
        Assert.Equal(0, run.ExitCode);
        var ids = Tokenizer.Load(s_model).EncodeIds("the <s>\n\u200b", new EncodeOptions { AddSpecialTokens = true });
        // The last four tokens are bytes: what they say is known when the run ends.
        Assert.Equal(["⟨<s>⟩·the|·|⟨<s>⟩·|∅|∅|∅|↵\\u{200B}|", "", string.Join(' ', ids), $"{ids.Count} tokens", ""], run.Out.Split('\n'));
    }

    [Fact]
    [Clause("TOK-10.3")]
    public void OffsetsAreListedATokenALine()
    {
        var lines = Run("a the", "--offsets", "--no_special").Out.Split('\n');
        Assert.EndsWith("0-1  a", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("1-5  ·the", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    [Clause("TOK-10.2")]
    public void IdsAreTextAgain()
    {
        var json = JsonNode.Parse(Run("the license\n", "--json").Out)!;
        var ids = json["ids"]!.AsArray().Select(n => (int)n!).ToList();
        Assert.Equal("<s> the license\n", (string)json["decoded"]!);
        Assert.Equal("the license\n\n", Run("--no_special", "--ids", $"[{string.Join(", ", ids)}]").Out);
        Assert.Equal("the license\n", (string)JsonNode.Parse(Run(["--json", "--no-special", "--ids", .. ids.Select(i => $"{i}")]).Out)!["text"]!);
    }

    [Theory]
    [Clause("TOK-10.2")]
    [InlineData("--ids", "1", "two")]
    [InlineData("--ids", "99999999")]
    [InlineData("--ids", "1", "-1")]
    public void WhatIsNoIdIsRefused(params string[] line)
    {
        var run = Run(line);
        Assert.Equal((2, true), (run.ExitCode, run.Error.Contains("[TOK-10.2]", StringComparison.Ordinal)));
    }

    [Theory]
    [Clause("TOK-10.1")]
    [InlineData("tokenize")]
    [InlineData("tokenize text")]
    [InlineData("tokenize --model x")]
    [InlineData("tokenize --model x text --ids 1")]
    [InlineData("tokenize --tokenizer x --file y --ids 1")]
    public void OneThingIsLookedAt(string line)
    {
        var run = ProgramRun.Of(line.Split(' '));
        Assert.Equal((2, true), (run.ExitCode, run.Error.Contains("[TOK-10.1]", StringComparison.Ordinal)));
    }

    [Fact]
    public void AFileIsEncoded()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["f"], "the license");
        Assert.Equal(Run("the license").Out, Run("--file", folder["f"]).Out);
        Assert.Equal(3, Run("--file", folder["g"]).ExitCode);
        Assert.Equal(3, ProgramRun.Of(["tokenize", "--model", folder.Path, "text"]).ExitCode);
    }

    [Fact]
    [Clause("TOK-10.3")]
    public void AMaskShowsWhatCounts()
    {
        var tokenizer = Tokenizer.Load(s_model);
        var ids = tokenizer.EncodeIds("the license");
        var mask = ids.Select((_, i) => i > 0).ToList();
        Assert.Equal($"the|{string.Concat(ids.Skip(1).Select(i => $"[{tokenizer.IdToToken(i)!.Replace('▁', '·')}]"))}", Assert.Single(new TokenView(tokenizer, colours: false).Text(ids, mask)));
        var coloured = Assert.Single(new TokenView(tokenizer, colours: true).Text(ids, mask));
        Assert.Contains("\u001b[", coloured, StringComparison.Ordinal);
        Assert.Contains("the", coloured, StringComparison.Ordinal);
    }

    static ProgramRun Run(params string[] line) => ProgramRun.Of(["tokenize", "--model", s_model, .. line]);
}
