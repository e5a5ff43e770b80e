using Ckpt.Cli.Commands;
using Ckpt.Cli.Export;
using Ckpt.Cli.Flags;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Cli;

/// <summary>The lines of the pages that users come from.</summary>
public class ExportLinesTests
{
    const string Expect = "# expect: ";

    public static TheoryData<int, string, string> Lines
    {
        get
        {
            var data = new TheoryData<int, string, string>();
            foreach (var (line, expectation) in Read()) { data.Add(data.Count, line, expectation); }
            return data;
        }
    }

    [Fact]
    [Clause("CLI-1.10")]
    public void AllFifteenLinesOfThePagesAreHere() => Assert.Equal(15, Read().Count);

    [Theory]
    [MemberData(nameof(Lines))]
    [Clause("CLI-1.10")]
    public void EveryLineRunsOrIsRefusedByName(int number, string line, string expectation)
    {
        Assert.True(number >= 0);
        var words = ShellWords.Split(line).SkipWhile(IsAssignment).ToList();
        Assert.Equal(["ckpt", "export"], words.Take(2));

        var command = new ExportCommand(new RecordingRunner());
        if (expectation == "run")
        {
            var arguments = ExportArgumentsParser.Parse(CommandLine.Parse(command, words.Skip(2).ToList()), static (name, _) => "/cache/" + name, static (_, _) => new AdapterOrigin("named", null));
            Assert.Equal(Value(words, "--output_dir"), arguments.Output);
            Assert.Equal(Value(words, "--to_hf") == "true" ? ExportDirection.ToHf : ExportDirection.ToMcore, arguments.Direction);
            var adapter = Value(words, "--adapters") ?? Value(words, "--mcore_adapter");
            var named = adapter is not null && arguments.MergeLora ? "named" : null;
            Assert.Equal(Value(words, "--mcore_model") ?? ((Value(words, "--model") ?? named) is { } model ? "/cache/" + model : ""), arguments.Source);
            Assert.Equal(adapter, arguments.Adapters.SingleOrDefault());
            Assert.Equal(words.Contains("--mcore_adapter"), arguments.AdaptersAreMcore);
            // swift export merges what it is not told not to.
            Assert.Equal(adapter is not null && Value(words, "--merge_lora") != "false", arguments.MergeLora);
            Assert.Equal(Value(words, "--tensor_model_parallel_size") ?? "1", $"{arguments.Parallel.Tensor}");
            Assert.Equal(Value(words, "--expert_model_parallel_size") ?? "1", $"{arguments.Parallel.Expert}");
            Assert.Equal(Value(words, "--pipeline_model_parallel_size") ?? "1", $"{arguments.Parallel.Pipeline}");
            Assert.Equal(Value(words, "--test_convert_precision") == "true", arguments.Compare);
            Assert.Equal(Value(words, "--torch_dtype") == "bfloat16" ? DType.BF16 : null, arguments.DType);
        }
        else
        {
            var refusal = Assert.Throws<UnsupportedCheckpointException>(() => CommandLine.Parse(command, words.Skip(2).ToList()));
            Assert.Equal("CLI-1.9", refusal.Clause);
            Assert.StartsWith(expectation["refused ".Length..], refusal.Where, StringComparison.Ordinal);
        }
    }

    static bool IsAssignment(string word) => word.Contains('=', StringComparison.Ordinal) && char.IsAsciiLetterUpper(word[0]);

    static string? Value(List<string> words, string flag) => words.IndexOf(flag) is >= 0 and var at ? words[at + 1] : null;

    static List<(string Line, string Expectation)> Read()
    {
        var result = new List<(string, string)>();
        foreach (var block in File.ReadAllText(Repository.Vector("cli", "export-lines.sh")).Split("\n\n").Skip(1))
        {
            var expectation = block.Split('\n').Single(l => l.StartsWith(Expect, StringComparison.Ordinal))[Expect.Length..];
            result.Add((block, expectation));
        }
        return result;
    }
}
