using System.Text;
using System.Text.Json.Nodes;
using Ckpt.Cli;
using Ckpt.Cli.Commands;
using Ckpt.Cli.Output;
using Ckpt.Data;
using Ckpt.Data.Indexed;
using Ckpt.Data.Preprocessing;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Cli;

/// <summary>The command line of <c>ckpt preprocess</c>, with one token a byte.</summary>
public sealed class PreprocessCommandTests
{
    [Theory, Clause("DAT-6.9")]
    [InlineData("--output-prefix OUT --tokenizer T", "--input")]
    [InlineData("--input IN --tokenizer T", "--output-prefix")]
    [InlineData("--input IN --output-prefix OUT", "--tokenizer-name-or-path")]
    [InlineData("--input IN --output-prefix nowhere/at/all --tokenizer T", "--output-prefix")]
    [InlineData("--input IN --output-prefix OUT --tokenizer T --seq-length 0", "--seq-length")]
    [InlineData("--input IN --output-prefix OUT --tokenizer T --workers -2", "--workers")]
    [InlineData("--input IN --output-prefix OUT --tokenizer T --neat-pack", "--neat-pack")]
    [InlineData("--input IN --output-prefix OUT --tokenizer T --prompt-type qwen3", "--prompt-type")]
    [InlineData("--input IN --output-prefix OUT --tokenizer T --enable-thinking maybe", "--enable-thinking")]
    [InlineData("--input IN --output-prefix OUT --tokenizer T --mix-strategy stir", "--mix-strategy")]
    [InlineData("--input IN --output-prefix OUT --tokenizer T --interleave-probs 0.5,x", "--interleave-probs")]
    [InlineData("--input IN --output-prefix OUT --tokenizer T --compat other", "--compat")]
    [InlineData("--input IN --output-prefix OUT --tokenizer T --dtype int8", "--dtype")]
    [InlineData("--input IN --output-prefix OUT --tokenizer T --dtype auto --handler-name AlpacaStyleInstructionHandler", "--dtype")]
    public void FlagsThatDoNotGoTogetherAreRefusedByName(string line, string flag)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["in.jsonl"], """{"text":"a"}""");

        var run = Run(line.Replace("IN", folder["in.jsonl"], StringComparison.Ordinal).Replace("OUT", folder["out"], StringComparison.Ordinal));

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith($"ckpt: {flag}: ", run.Error, StringComparison.Ordinal);
        Assert.Contains("[DAT-6.9]", run.Error, StringComparison.Ordinal);
        Assert.Equal(["in.jsonl"], Directory.EnumerateFiles(folder.Path).Select(f => Path.GetFileName(f)!));
    }

    [Fact, Clause("DAT-6.6"), Clause("DAT-6.11")]
    public void TextBecomesADataSetAndTheReportSaysWhatWasLeftOut()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["in.jsonl"], ["""{"text":"ab"}""", """{"text":""}""", """{"text":""", """{"text":"much too long"}""", """{"text":"c"}"""]);

        var run = Run($"--input {folder["in.jsonl"]} --output_prefix {folder["out"]} --tokenizer-name-or-path T --append-eod --seq-length 10 --workers 2 --log-interval 1000 --json");

        Assert.Equal(0, run.ExitCode);
        var report = JsonNode.Parse(run.Out)!;
        Assert.Equal("5 2 2 5 1 1 1", string.Join(' ', new[] { "rows", "samples", "sequences", "tokens", "too_long", "empty", "broken" }.Select(k => report[k]!.GetValue<long>())));
        using var reader = IndexedDatasetReader.Open(folder["out_text_document"]);
        Assert.Equal([97L, 98, 257], reader.ReadNumbers(0));
        Assert.Equal([99L, 257], reader.ReadNumbers(1));
    }

    [Fact, Clause("IDX-2.4")]
    public void TheTypeOfIdsCanFollowTheVocabulary()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["in.txt"], "abc\n");

        var run = Run($"--input {folder["in.txt"]} --output-prefix {folder["out"]} --tokenizer T --dtype auto");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("1 rows, 1 samples, 1 sequences, 3 tokens", run.Out, StringComparison.Ordinal);
        using var reader = IndexedDatasetReader.Open(folder["out_text_document"]);
        Assert.Equal(IndexedDType.UInt16, reader.DType);
    }

    [Theory]
    [InlineData("--tokenizer-type GPT2BPETokenizer")]
    [InlineData("--split-sentences")]
    [InlineData("--data-obfuscation")]
    public void WhatIsNotHandledIsRefusedByName(string flag)
    {
        var run = Run($"--input x --output-prefix y --tokenizer T {flag}");

        Assert.Equal(4, run.ExitCode);
        Assert.Contains(flag.Split(' ')[0].Replace('-', '_').Replace("__", "--", StringComparison.Ordinal), run.Error, StringComparison.Ordinal);
    }

    static ProgramRun Run(string line)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var application = new Application([new PreprocessCommand(new Bytes())], new Terminal(output, error, IsLive: false, Colours: false), ProgramRun.NoCaches);
        var code = application.Run(["preprocess", .. line.Split(' ')], default);
        return new ProgramRun(code, output.ToString(), error.ToString());
    }

    sealed class Bytes : IEncoderFactory, ITextEncoder
    {
        public ITextEncoder OpenText(string path) => this;

        public IChatEncoder OpenChat(string path, string? template, bool? thinking) => throw new UnsupportedDataException("DAT-6.12", path, "there is no template of bytes");

        public int[] Encode(string text) => [.. Encoding.UTF8.GetBytes(text).Select(b => (int)b)];

        public int? EndOfDocument => 257;

        public int? Padding => null;

        public int VocabularySize => 258;
    }
}
