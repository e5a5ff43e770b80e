using System.Text;
using Ckpt.Formats;
using Ckpt.Kit;
using Ckpt.Verify.Doctoring;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Verify;

public sealed class ReceiptLaws
{
    const string Receipt =
        """{"ckpt": "0.1.0", "target": {"format": "torch_dist"}, "ledger": {"target_tensors": 12}, "files": [{"path": "a/b.distcp", "bytes": 17, "crc32": "0a1b2c3d"}], "fingerprint": {"source": "ckpt1:00", "output": null}}""";

    [Fact, Clause("VFY-3.5")]
    public void AReceiptIsReadAsItWasWritten()
    {
        var record = ConversionRecord.Parse(Encoding.UTF8.GetBytes(Receipt), "ckpt.json");
        Assert.Equal(("torch_dist", 12L, "ckpt1:00", null), (record.Format, record.Tensors, record.SourceFingerprint, record.OutputFingerprint));
        Assert.Equal(new RecordedFile("a/b.distcp", 17, 0x0a1b2c3d), Assert.Single(record.Files));
    }

    /// <summary>Bytes changed, taken out and doubled: a receipt, whose files are all in its folder, or a fault that says so.</summary>
    [Fact, Clause("VFY-3.5")]
    public void ADamagedReceiptIsReadOrRefused() => Law.Holds(
        from places in Gen.ArrayOf(Gen.Choose(0, Receipt.Length - 1))
        from bytes in Gen.ArrayOf(Gen.Elements((byte[])[.. "{}[]\":,\\u./0-9e\0\xff"u8]), places.Length)
        from cut in Gen.Choose(0, Receipt.Length)
        select (places, bytes, cut),
        static c =>
        {
            var text = Encoding.UTF8.GetBytes(Receipt);
            foreach (var (place, value) in c.places.Zip(c.bytes)) { text[place] = value; }
            if (c.cut % 4 == 0) { text = text[..c.cut]; }
            try { return ConversionRecord.Parse(text, "ckpt.json").Files.All(static file => !Path.IsPathRooted(file.Path) && !file.Path.Split('/').Contains("..") && file.Bytes >= 0); }
            catch (MalformedCheckpointException error) { return error.Clause == "VFY-3.5"; }
        });
}
