using System.IO.Compression;
using System.Text;
using Ckpt.Formats;
using Ckpt.Formats.IO;
using Ckpt.Formats.Torch;
using Ckpt.Kit;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Torch;

/// <summary>Files that must be refused, each by the clause in its name; and what becomes of good files when bytes of them change.</summary>
public sealed class TorchRejectTests
{
    [Fact, Clause("TOR-3.6"), Clause("TOR-5.4"), Clause("TOR-5.5")]
    public void ChangedFilesAreRefusedOrReadInsideTheirBytes()
    {
        var files = Directory.EnumerateFiles(Repository.Vector("torch", "accept"), "*.pt").Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToArray();
        var changes =
            from file in Gen.Choose(0, files.Length - 1)
            from at in Gen.Choose(0, int.MaxValue - 1)
            from fromEnd in Gen.Elements(true, false)
            from value in Gen.Elements(0, 1, 0x7F, 0x80, 0xFF, 'K', ')')
            from cut in Gen.Frequency((1, Gen.Constant(true)), (6, Gen.Constant(false)))
            select (File: file, At: at, FromEnd: fromEnd, Value: (byte)value, Cut: cut);
        Law.Holds(changes, c =>
        {
            var bytes = files[c.File].ToArray();
            // The directory is at the end, the pickle at the start: what lies between is data.
            var at = c.FromEnd ? bytes.Length - 1 - (c.At % Math.Min(bytes.Length, 900)) : c.At % Math.Min(bytes.Length, 1500);
            if (c.Cut) { bytes = bytes[..at]; }
            else { bytes[at] = c.Value; }
            try { TorchVectors.LocateAll(TorchFile.Open(new MemoryByteSource("changed", bytes))); }
            catch (CheckpointException) { }
            return true;
        }, 2000);
    }

    [Fact, Clause("TOR-5.8")]
    public void StoragesThatDoNotCountFromZeroAreNotWrittenAgain()
    {
        var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in new[] { ("data.pkl", "\u0080\u0002N."), ("version", "3\n"), ("data/0", "a"), ("data/7", "b") })
            {
                using var record = zip.CreateEntry("x/" + name, CompressionLevel.NoCompression).Open();
                record.Write(Encoding.Latin1.GetBytes(bytes));
            }
        }
        var opened = TorchFile.Open(new MemoryByteSource("keys", file.ToArray()));
        Assert.Equal("TOR-5.8", Assert.Throws<UnsupportedCheckpointException>(() => opened.ReadStorages()).Clause);
    }

    [Fact, Clause("TOR-5.8")]
    public void StoragesOfFilesBeforeTorch16HaveNoNumbers()
    {
        var file = TorchFile.Open(new MemoryByteSource("old", File.ReadAllBytes(Repository.Vector("torch", "accept", "torch2.14-sequence.pt"))));
        Assert.Equal("TOR-5.8", Assert.Throws<UnsupportedCheckpointException>(() => file.ReadStorages()).Clause);
    }

    [Fact, Clause("TOR-5.1")]
    public void WhatIsNoTensorIsRefusedAsOne() =>
        Assert.Equal("TOR-5.1", Assert.Throws<MalformedCheckpointException>(() => TorchTensor.Read(PickleNone.Instance, "none")).Clause);
}
