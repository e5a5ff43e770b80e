using System.Text;
using Ckpt.Data;
using Ckpt.Data.Datasets;
using Ckpt.Data.Indexed;
using Ckpt.Data.Preprocessing;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Data;

/// <summary>Whole runs against files that a script made from the rules, with one token a byte.</summary>
public sealed class PreprocessVectorTests
{
    static readonly PreprocessHandler s_alpaca = PreprocessHandlers.Find("AlpacaStyleInstructionHandler");
    static readonly PreprocessHandler s_sharegpt = PreprocessHandlers.Find("SharegptStyleInstructionHandler");

    static readonly Dictionary<string, (string Input, bool IsFair, PreprocessOptions Options)> s_cases = new()
    {
        ["alpaca"] = ("alpaca", false, Options(s_alpaca)),
        ["alpaca-100"] = ("alpaca", false, Options(s_alpaca) with { SequenceLength = 100 }),
        ["alpaca-100-fair"] = ("alpaca", true, Options(s_alpaca) with { SequenceLength = 100 }),
        ["alpaca-100-fair-eod"] = ("alpaca", true, Options(s_alpaca) with { SequenceLength = 100, AppendEndOfDocument = true }),
        ["alpaca-100-mindspeed"] = ("alpaca", false, Options(s_alpaca) with { SequenceLength = 100, LikeMindSpeed = true }),
        ["sharegpt"] = ("sharegpt", false, Options(s_sharegpt)),
        ["sharegpt-120-fair"] = ("sharegpt", true, Options(s_sharegpt) with { SequenceLength = 120 }),
        ["alpaca-pack-256"] = ("alpaca", false, Options(s_alpaca) with { SequenceLength = 256, Pack = PackMode.Plain }),
        ["alpaca-neat-128"] = ("alpaca", false, Options(s_alpaca) with { SequenceLength = 128, Pack = PackMode.Neat }),
        ["pairwise"] = ("prefs", false, Options(PreprocessHandlers.Find("AlpacaStylePairwise").Mapped("""{"prompt":"q","query":"","system":"sys"}"""))),
        ["text"] = ("texts", false, Options(PreprocessHandlers.Find("")) with { TextKeys = ["text", "title"], AppendEndOfDocument = true }),
        ["text-uint16"] = ("texts", false, Options(PreprocessHandlers.Find(null)) with { DType = IndexedDType.UInt16 }),
    };

    public static TheoryData<string> Cases => [.. s_cases.Keys];

    [Theory, MemberData(nameof(Cases)), Clause("DAT-6.2"), Clause("DAT-6.3"), Clause("DAT-6.4"), Clause("DAT-6.5"), Clause("DAT-6.6")]
    public void EveryFileIsTheRules(string name)
    {
        var (input, isFair, options) = s_cases[name];
        using var folder = new TemporaryFolder();

        Run(options with { Inputs = [new DatasetSpec(Repository.Vector("preprocess", input + ".jsonl"), [], null)], OutputPrefix = folder["out"], Workers = 3 }, isFair);

        Assert.Equal(Files(Repository.Vector("preprocess", name)), Files(folder.Path));
        foreach (var file in Files(folder.Path))
        {
            Assert.True(File.ReadAllBytes(Repository.Vector("preprocess", name, file)).AsSpan().SequenceEqual(File.ReadAllBytes(folder[file])), file);
        }
    }

    [Fact, Clause("DAT-6.10")]
    public void TheBytesDoNotDependOnTheNumberOfThreads()
    {
        using var folder = new TemporaryFolder();
        var rows = Enumerable.Range(0, 3_000).Select(i => $$"""{"text":"{{new string((char)('a' + (i % 26)), 1 + (i * 37 % 900))}}"}""");
        File.WriteAllLines(folder["many.jsonl"], rows);
        foreach (var workers in new[] { 1, 4 })
        {
            Run(Options(PreprocessHandlers.Find("")) with { Inputs = [DatasetSpec.Parse(folder["many.jsonl"])], OutputPrefix = folder[$"w{workers}"], Workers = workers }, true);
        }

        Assert.Equal(File.ReadAllBytes(folder["w1_text_document.bin"]), File.ReadAllBytes(folder["w4_text_document.bin"]));
        Assert.Equal(File.ReadAllBytes(folder["w1_text_document.idx"]), File.ReadAllBytes(folder["w4_text_document.idx"]));
    }

    [Fact, Clause("DAT-2.1"), Clause("DAT-6.11")]
    public void ABrokenRowIsReportedAndLeftOutOrEndsTheRun()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["rows.jsonl"], "{\"text\":\"a\"}\n{\"text\":\n\n{\"text\":\"b\"}\n");
        var options = Options(PreprocessHandlers.Find("")) with { Inputs = [DatasetSpec.Parse(folder["rows.jsonl"])], OutputPrefix = folder["out"] };
        var notes = new List<string>();

        var report = Run(options, true, notes);

        Assert.Equal((3, 2, 1), (report.Rows, report.Samples, report.Broken));
        Assert.Contains(notes, n => n.Contains("rows.jsonl:2:", StringComparison.Ordinal) && n.Contains("DAT-2.2", StringComparison.Ordinal));
        Assert.Equal("DAT-2.2", Assert.Throws<MalformedDataException>(() => Run(options with { Strict = true, OutputPrefix = folder["strict"] }, true)).Clause);
        Assert.DoesNotContain(Files(folder.Path), f => f.StartsWith("strict", StringComparison.Ordinal));
    }

    [Fact, Clause("DAT-1.4")]
    public void ACountTakesTheFirstRowsOrBeginsAnew()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["rows.jsonl"], ["{\"text\":\"a\"}", "{\"text\":\"b\"}", "{\"text\":\"c\"}"]);
        foreach (var (count, expected) in new[] { (2, "ab"), (7, "abcabca"), (0, "") })
        {
            Run(Options(PreprocessHandlers.Find("")) with { Inputs = [DatasetSpec.Parse($"{folder["rows.jsonl"]}#{count}")], OutputPrefix = folder["out"], DType = IndexedDType.UInt8 }, true);
            Assert.Equal(expected, Encoding.ASCII.GetString(File.ReadAllBytes(folder["out_text_document.bin"])));
        }
    }

    [Fact, Clause("DAT-6.8")]
    public void MergingGivesTheBytesOfOneRun()
    {
        using var folder = new TemporaryFolder();
        var parts = Directory.CreateDirectory(folder["parts"]).FullName;
        var options = Options(s_alpaca) with { Inputs = [DatasetSpec.Parse(Repository.Vector("preprocess", "alpaca.jsonl"))] };
        foreach (var part in new[] { "001", "000" }) { Run(options with { OutputPrefix = Path.Combine(parts, part) }, true); }
        Run(options with { Inputs = [options.Inputs[0] with { Count = 80 }], OutputPrefix = folder["whole"] }, true);

        IndexedMerge.Run(parts, ["input_ids", "labels"], folder["all"], default);

        foreach (var key in new[] { "input_ids", "labels" })
        {
            Assert.Equal(File.ReadAllBytes(folder[$"whole_packed_{key}_document.bin"]), File.ReadAllBytes(folder[$"all_{key}.bin"]));
            Assert.Equal(File.ReadAllBytes(folder[$"whole_packed_{key}_document.idx"]), File.ReadAllBytes(folder[$"all_{key}.idx"]));
        }
        Assert.Equal("DAT-6.8", Assert.Throws<MalformedDataException>(() => IndexedMerge.Run(parts, ["nothing"], folder["all"], default)).Clause);
    }

    [Fact, Clause("DAT-6.3")]
    public void PackingNeedsALengthAndInstructions()
    {
        using var folder = new TemporaryFolder();
        var options = Options(s_alpaca) with { Inputs = [DatasetSpec.Parse(Repository.Vector("preprocess", "alpaca.jsonl"))], OutputPrefix = folder["out"], Pack = PackMode.Plain };

        Assert.Equal("DAT-6.3", Assert.Throws<MalformedDataException>(() => Run(options, true)).Clause);
        Assert.Equal("DAT-6.3", Assert.Throws<UnsupportedDataException>(() => Run(options with { Handler = PreprocessHandlers.Find(""), SequenceLength = 9 }, true)).Clause);
    }

    [Fact, Clause("DAT-6.7")]
    public void TokensThatAreNeededMustBeThere()
    {
        using var folder = new TemporaryFolder();
        var options = Options(PreprocessHandlers.Find("")) with { Inputs = [DatasetSpec.Parse(Repository.Vector("preprocess", "texts.jsonl"))], OutputPrefix = folder["out"], AppendEndOfDocument = true };

        var error = Assert.Throws<UnsupportedDataException>(() => new PreprocessRunner(options, new NoSpecials(), null).Run(null, new Notes([]), default));

        Assert.Equal("DAT-6.7", error.Clause);
    }

    [Theory, Clause("DAT-3.6")]
    [InlineData("""{"prompt":"question"}""")]
    [InlineData("""{"nonsense":"output"}""")]
    [InlineData("""{"prompt":5}""")]
    [InlineData("""{"prompt":""")]
    public void AColumnThatIsNotThereIsSaidBeforeAnythingIsWritten(string map)
    {
        using var folder = new TemporaryFolder();
        var input = DatasetSpec.Parse(Repository.Vector("preprocess", "alpaca.jsonl"));

        var error = Assert.Throws<MalformedDataException>(() => Run(Options(s_alpaca.Mapped(map)) with { Inputs = [input], OutputPrefix = folder["out"] }, true));

        Assert.Equal("DAT-3.6", error.Clause);
        Assert.Empty(Files(folder.Path));
    }

    [Theory, Clause("DAT-6.1")]
    [InlineData("PPOAlpacaStyleInstructionHandler", typeof(UnsupportedDataException))]
    [InlineData("AlpacaStyleInstrction", typeof(MalformedDataException))]
    public void AHandlerThatIsNotThereIsRefused(string name, Type type)
    {
        var error = Assert.ThrowsAny<DataFormatException>(() => PreprocessHandlers.Find(name));

        Assert.IsType(type, error);
        Assert.Equal("DAT-6.1", error.Clause);
    }

    static PreprocessOptions Options(PreprocessHandler handler) => new() { Inputs = [], OutputPrefix = "", Handler = handler };

    static PreprocessReport Run(PreprocessOptions options, bool isFair, List<string>? notes = null) =>
        new PreprocessRunner(options, new ByteText(), new ByteChat(isFair)).Run(null, new Notes(notes ?? []), default);

    static List<string> Files(string folder) => [.. Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)).Where(f => !f.EndsWith(".jsonl", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    sealed class Notes(List<string> notes) : IPreprocessProgress
    {
        public void Begin(long bytes) { }

        public void Advance(long bytes) { }

        public void Note(string text) => notes.Add(text);
    }

    sealed class NoSpecials : ITextEncoder
    {
        public int[] Encode(string text) => [1];

        public int? EndOfDocument => null;

        public int? Padding => null;

        public int VocabularySize => 2;
    }
}
