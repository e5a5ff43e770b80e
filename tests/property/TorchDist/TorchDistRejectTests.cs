using Ckpt.Formats;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.TorchDist;

/// <summary>Checkpoints that must be refused, each by the clause in its name; and what becomes of good ones when bytes of them change.</summary>
public sealed class TorchDistRejectTests
{
    [Theory, Clause("TDC-1.7")]
    [InlineData("latest_checkpointed_iteration.txt")]
    [InlineData("metadata.json")]
    public void SmallFilesThatAreLargeAreRefused(string name)
    {
        using var folder = new TemporaryFolder();
        using (var file = File.Create(folder[name])) { file.SetLength(2 << 20); }
        Assert.Equal("TDC-1.7", Assert.Throws<MalformedCheckpointException>(() => TorchDistReader.Open(folder.Path)).Clause);
    }

    [Fact, Clause("TDC-1.5")]
    public void WhatIsNotThereIsRefused()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal("TDC-1.5", Assert.Throws<MalformedCheckpointException>(() => TorchDistReader.Open(folder["nowhere"])).Clause);
    }

    [Theory, Clause("TDC-2.5"), Clause("TDC-2.6"), Clause("TDC-2.7"), Clause("TDC-2.10")]
    [InlineData("ck_core_v0.10.0_trixie", ".metadata")]
    [InlineData("ck_core_v0.15.0_trixie", ".metadata")]
    [InlineData("ck_core_v0.19.0_forky", ".metadata")]
    [InlineData("van_forky", ".metadata")]
    [InlineData("mini", ".metadata")]
    [InlineData("mini", "__0_0.distcp")]
    [InlineData("mini", "common.pt")]
    [InlineData("mini", "metadata.json")]
    public void ChangedCheckpointsAreRefusedOrWhole(string name, string file)
    {
        using var folder = new TemporaryFolder();
        foreach (var from in Directory.EnumerateFiles(Repository.Vector("torch_dist", "versions", name))) { File.Copy(from, folder[Path.GetFileName(from)]); }
        var bytes = File.ReadAllBytes(folder[file]);
        var changes =
            from at in Gen.Choose(0, bytes.Length - 1)
            from value in Gen.Elements(0, 1, 2, 0x7F, 0x80, 0xFF, 'K', ')', 0x94, 'h')
            from cut in Gen.Frequency((1, Gen.Constant(true)), (6, Gen.Constant(false)))
            select (At: at, Value: (byte)value, Cut: cut);
        Law.Holds(changes, c =>
        {
            var changed = c.Cut ? bytes[..c.At] : bytes.ToArray();
            if (!c.Cut) { changed[c.At] = c.Value; }
            File.WriteAllBytes(folder[file], changed);
            // Reading whole counts how often each element is said, from the boxes alone: once, or this throws what no reader may.
            try { TorchDistVectors.Open(folder.Path); }
            catch (CheckpointException) { }
            return true;
        }, 200);
    }
}
