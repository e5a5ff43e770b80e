using System.Text.Json;
using Ckpt.Data;
using Ckpt.Data.Indexed;
using Ckpt.Data.Parquet;
using Ckpt.Data.Templates;
using Ckpt.Data.Tokenizers;
using Ckpt.Formats;
using Ckpt.Formats.Safetensors;
using Ckpt.Kit;
using Ckpt.Models.Configs;
using Xunit;

namespace Ckpt.PropertyTests;

/// <summary>Opens every vector that must be refused and asks for the clause in its name: a new hostile file is a new test, with no C#.</summary>
public sealed class RejectVectorTests
{
    /// <summary>How a vector of each format is opened, by the name of its folder.</summary>
    static readonly Dictionary<string, Action<string>> s_openers = new(StringComparer.Ordinal)
    {
        ["config"] = path => HfConfig.Parse(File.ReadAllBytes(path), Path.GetFileName(path)),
        ["dcp"] = Dcp.DcpVectors.Open,
        ["indexed"] = OpenIndex,
        ["parquet"] = OpenParquet,
        ["templates"] = path => ChatTemplate.Parse(File.ReadAllText(path), Path.GetFileName(path)).Render(new Dictionary<string, JsonElement>(), new DateTime(2024, 7, 26), new TemplateLimits(500_000, 1 << 24, 1 << 22)),
        ["safetensors"] = path => SafetensorsReader.Open(path).Dispose(),
        ["torch"] = Torch.TorchVectors.Open,
        ["torch_dist"] = TorchDist.TorchDistVectors.Open,
        ["zarr"] = Zarr.ZarrVectors.Open,
        ["tokenizers"] = path => Tokenizer.Load(path),
    };

    public static TheoryData<string, string> Vectors
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var vector in RejectVectors.All()) { data.Add(vector.Format, vector.Name); }
            return data;
        }
    }

    [Theory, MemberData(nameof(Vectors))]
    public void EveryRejectVectorIsRefusedByItsClause(string format, string name)
    {
        Assert.True(s_openers.TryGetValue(format, out var open), $"no opener for the vectors of {format}");
        var vector = Repository.Vector(format, "reject", name);
        using var folder = new TemporaryFolder();
        if (name.EndsWith(".hex", StringComparison.Ordinal))
        {
            var bytes = HexFile.Read(vector);
            vector = folder[Path.GetFileNameWithoutExtension(name)];
            File.WriteAllBytes(vector, bytes);
        }

        var error = Assert.ThrowsAny<Exception>(() => open!(vector));

        var clause = (error as CheckpointException)?.Clause ?? (error as DataFormatException)?.Clause;
        Assert.True(clause is not null, $"a fault of no clause: {error}");
        Assert.Equal(name.Split('_')[0], clause);
        Assert.EndsWith($"[{clause}]", error.Message, StringComparison.Ordinal);
        Assert.True(error.Message.Length < 2000, $"a message of {error.Message.Length} characters");
    }

    // An index of two sequences, two and one int32, wants twelve bytes of data beside it.
    static void OpenIndex(string path)
    {
        File.Move(path, path + ".idx");
        File.WriteAllBytes(path + ".bin", new byte[12]);
        using var reader = IndexedDatasetReader.Open(path);
        for (var d = 0L; d < reader.DocumentCount; d++) { reader.Document(d); }
        for (var s = 0L; s < reader.SequenceCount; s++) { reader.ReadNumbers(s); }
    }

    static void OpenParquet(string path)
    {
        using var reader = ParquetReader.Open(path);
        _ = reader.Rows().Count();
    }
}
