using System.Buffers.Binary;
using System.Text;
using Ckpt.Formats;
using Ckpt.Formats.IO;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Safetensors;

/// <summary>The golden bytes W01 to W18 of the reference writer's suite, Rust and Python.</summary>
public sealed class WriterGoldenTests
{
    static readonly Dictionary<string, string> s_none = [];
    static readonly Dictionary<string, string> s_pytorch = new() { ["framework"] = "pt" };

    public static TheoryData<string, DType, long[], string, int> OneTensor => new()
    {
        // W01, W02: 0..5 as F32; W03: padding to eight; W06 to W11: four elements
        { "attn.0", DType.F32, [1, 2, 3], "000000000000803F0000004000004040000080400000A040", 0 },
        { "attn0", DType.F32, [1, 1, 2, 3], "000000000000803F0000004000004040000080400000A040", 7 },
        { "attn.0", DType.F4, [1, 2], "00", 4 },
        { "test", DType.I32, [2, 2], "00000000000000000000000000000000", 4 },
        { "test", DType.I32, [2, 2], "00000000000000000000000001000000", 4 },
        { "test", DType.F32, [2, 2], "00000000000000000000000000000000", 4 },
        { "test", DType.BF16, [2, 2], "1040803F803F803F", 4 },
        { "test", DType.C64, [2, 2], "0000000000000000000000000000000000000000000000000000000000000000", 4 },
        { "test", DType.C64, [2, 2], "000000000000000000000000000000000000000000000000000080BF0000803F", 4 },
    };

    [Theory, MemberData(nameof(OneTensor)), Clause("SFT-4.9"), Clause("SFT-4.12")]
    public void OneTensorIsWrittenAsTheReferenceDoes(string name, DType dtype, long[] dims, string data, int spaces)
    {
        var bytes = Convert.FromHexString(data);
        var header = $"{{\"{name}\":{{\"dtype\":\"{dtype.SafetensorsName()}\",\"shape\":[{string.Join(',', dims)}],\"data_offsets\":[0,{bytes.Length}]}}}}{new string(' ', spaces)}";
        AssertFile([(name, dtype, dims, bytes)], s_none, header, bytes);
    }

    // W04
    [Fact, Clause("SFT-4.9")]
    public void NoTensorsGiveAnEmptyObject() => AssertFile([], s_none, "{}      ", []);

    // W05
    [Fact, Clause("SFT-4.9")]
    public void NoTensorsWithMetadata() => AssertFile([], s_pytorch, "{\"__metadata__\":{\"framework\":\"pt\"}}     ", []);

    // W12
    [Fact, Clause("SFT-4.10")]
    public void WideTypesComeFirstInEitherOrder()
    {
        (string, DType, long[], byte[]) first = ("test1", DType.I32, [2, 2], new byte[16]);
        (string, DType, long[], byte[]) second = ("test2", DType.F16, [2, 2], new byte[8]);
        const string Header = """{"test1":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]},"test2":{"dtype":"F16","shape":[2,2],"data_offsets":[16,24]}}      """;
        AssertFile([first, second], s_none, Header, new byte[24]);
        AssertFile([second, first], s_none, Header, new byte[24]);
    }

    // W13, W14
    [Theory, InlineData("00000000000000000000000000000000"), InlineData("01000000020000000300000004000000"), Clause("SFT-4.9")]
    public void MetadataComesBeforeTheTensors(string data)
    {
        var bytes = Convert.FromHexString(data);
        AssertFile([("test1", DType.I32, [2, 2], bytes)], s_pytorch,
            """{"__metadata__":{"framework":"pt"},"test1":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}} """, bytes);
    }

    // W15
    [Fact, Clause("SFT-4.9")]
    public void TiedNamesStandSortedInTheMetadata()
    {
        var ones = Enumerable.Repeat(Convert.FromHexString("0000803F"), 20).SelectMany(b => b).ToArray();
        var file = Write([("a.weight", DType.F32, [4, 4], ones[..64]), ("a.bias", DType.F32, [4], ones[..16])], new() { ["b.weight"] = "a.weight", ["b.bias"] = "a.bias" });
        Assert.StartsWith("""{"__metadata__":{"b.bias":"a.bias","b.weight":"a.weight"},"a.bias":{""", Encoding.UTF8.GetString(file[8..192]), StringComparison.Ordinal);
        Assert.Equal(ones, file[192..]);
    }

    // W16
    [Fact, Clause("SFT-4.7")]
    public void AHeaderPastTheLimitIsRefused()
    {
        var error = Assert.Throws<UnsupportedCheckpointException>(() => LayOut([], new() { ["k"] = new string('a', 100_000_000) }));
        Assert.Equal("SFT-4.7", error.Clause);
    }

    // W17
    [Fact, Clause("SFT-4.7"), Clause("SFT-1.2")]
    public void TheLimitItselfIsWrittenAndRead()
    {
        const int Rest = 25; // {"__metadata__":{"k":""}} and its value is the whole header
        var layout = LayOut([], new() { ["k"] = new string('a', 100_000_000 - Rest) });
        var file = layout.Files.Single().Frames.Single().Make(0);
        Assert.Equal(100_000_008, file.Length);
        Assert.Equal(100_000_000 - Rest, SafetensorsReader.ReadHeader(new MemoryByteSource("limit", file)).Metadata["k"].Length);

        var error = Assert.Throws<UnsupportedCheckpointException>(() => LayOut([], new() { ["k"] = new string('a', 100_000_000 - Rest + 1) }));
        Assert.Equal("SFT-4.7", error.Clause);
    }

    // W18
    [Fact, Clause("SFT-4.9")]
    public void OnlyWhatJsonMustEscapeIsEscaped()
    {
        const string Name = "a\"\\/\n\u0001\u007fé😀\u2028";
        var header = "{\"a\\\"\\\\/\\n\\u0001\u007fé😀\u2028\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}    ";
        Assert.Equal(80, Encoding.UTF8.GetByteCount(header));
        AssertFile([(Name, DType.U8, [1], [7])], s_none, header, [7]);
    }

    [Fact, Clause("SFT-4.10")]
    public void OneOfEachTypeIsOrderedAsObserved()
    {
        var all = DTypes.All.Where(t => t.SafetensorsName() is not null).ToList();
        var file = Write([.. all.Select(t => ($"t{(int)t}", t, new long[] { 4 }, new byte[t.BitSize() / 2]))], s_none);
        var header = SafetensorsReader.ReadHeader(new MemoryByteSource("all", file));
        Assert.Equal(
            "U64, I64, F64, C64, F32, U32, I32, BF16, F16, U16, I16, F8_E5M2FNUZ, F8_E4M3FNUZ, F8_E8M0, F8_E4M3, F8_E5M2, I8, U8, F6_E3M2, F6_E2M3, F4, BOOL",
            string.Join(", ", header.Tensors.Select(t => t.DType.SafetensorsName())));
    }

    [Fact, Clause("SFT-4.10")]
    public void NamesAreOrderedByCodePoint()
    {
        // U+FFFF comes before U+1F600 in UTF-8 and after its first half in UTF-16.
        var file = Write([("😀", DType.U8, [1], [1]), ("\uffff", DType.U8, [1], [2])], s_none);
        Assert.Equal([2, 1], file[^2..]);
    }

    static void AssertFile((string, DType, long[], byte[])[] tensors, Dictionary<string, string> metadata, string header, byte[] data)
    {
        var file = Write(tensors, metadata);
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        Assert.Equal(header, Encoding.UTF8.GetString(file, 8, length));
        Assert.Equal(data, file[(8 + length)..]);
    }

    static byte[] Write((string Name, DType DType, long[] Dims, byte[] Data)[] tensors, Dictionary<string, string> metadata)
    {
        var layout = LayOut([.. tensors.Select(t => TensorTarget.Whole(t.Name, t.DType, new Shape(t.Dims)))], metadata);
        var (path, bytes) = LayoutFiller.Fill(layout, (tensor, _) => tensors[tensor].Data).Single();
        Assert.Equal("model.safetensors", path);
        return bytes;
    }

    static CheckpointLayout LayOut(TensorTarget[] targets, Dictionary<string, string> metadata) =>
        new SafetensorsWriter(new SafetensorsWriterOptions { Metadata = metadata }).LayOut(targets);
}
