using Ckpt.Formats;
using Ckpt.Kit;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Dcp;

/// <summary>What becomes of good checkpoints of torch's when bytes of them change: they are refused by a clause, or whole.</summary>
public sealed class DcpChangeTests
{
    [Theory, Clause("TDC-7.1"), Clause("TDC-3.5"), Clause("TDC-2.20"), Clause("TDC-1.6"), Clause("TDC-6.6")]
    [InlineData("hf_sharded/ckpt", "shard-00001-model-00002-of-00002.safetensors")]
    [InlineData("blob/ckpt", "__0_0.distcp")]
    [InlineData("zstd/ckpt", "__0_0.distcp")]
    [InlineData("zstd/ckpt", ".metadata")]
    [InlineData("per_rank/ckpt", "__1.metadata")]
    [InlineData("torch_dcp/iter_0000007", ".metadata")]
    public void ChangedCheckpointsAreRefusedOrWhole(string name, string file)
    {
        using var folder = new TemporaryFolder();
        foreach (var from in Directory.EnumerateFiles(Repository.Vector("dcp", name))) { File.Copy(from, folder[Path.GetFileName(from)]); }
        var bytes = File.ReadAllBytes(folder[file]);
        var changes =
            from at in Gen.Choose(0, bytes.Length - 1)
            from value in Gen.Elements(0, 1, 2, 0x7F, 0x80, 0xFF, '{', '[', 'K', ')', 0x94, 'h')
            from cut in Gen.Frequency((1, Gen.Constant(true)), (9, Gen.Constant(false)))
            select (At: at, Value: (byte)value, Cut: cut);
        Law.Holds(changes, c =>
        {
            var changed = c.Cut ? bytes[..c.At] : bytes.ToArray();
            if (!c.Cut) { changed[c.At] = c.Value; }
            File.WriteAllBytes(folder[file], changed);
            try { DcpVectors.Open(folder.Path); }
            catch (CheckpointException) { }
            return true;
        }, 200);
    }
}
