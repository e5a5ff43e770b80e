using System.Buffers.Binary;
using System.Text;
using Ckpt.Kit;
using Ckpt.Trainer.Logging;
using Ckpt.Trainer.Loop;
using Xunit;

namespace Ckpt.TrainerTests.Logging;

public sealed class LoggingTests
{
    [Fact, Clause("TRL-6.2")]
    public void ChecksumsAreMaskedCrc32C()
    {
        // CRC-32C of 32 zeros, from RFC 3720 B.4, turned and shifted by hand.
        const uint crc = 0x8A9136AA;
        Assert.Equal(unchecked(((crc >> 15) | (crc << 17)) + 0xA282EAD8), EventRecord.MaskedCrc(new byte[32]));
    }

    [Fact, Clause("TRL-6.2")]
    public void AnEventIsTheBytesThatProtocolBuffersGive()
    {
        var record = EventRecord.Scalar(1.5, 300, "train/loss", 2.5f);
        // wall_time = 1: double, step = 2: varint 300, summary = 5 { value = 1 { tag = 1, simple_value = 2: float } }.
        byte[] message =
        [
            0x09, .. BitConverter.GetBytes(1.5), 0x10, 0xAC, 0x02, 0x2A, 19, 0x0A, 17, 0x0A, 10, .. Encoding.ASCII.GetBytes("train/loss"), 0x15, .. BitConverter.GetBytes(2.5f),
        ];
        Assert.Equal((ulong)message.Length, BinaryPrimitives.ReadUInt64LittleEndian(record));
        Assert.Equal(EventRecord.MaskedCrc(record.AsSpan(0, 8)), BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(8)));
        Assert.Equal(message, record[12..^4]);
        Assert.Equal(EventRecord.MaskedCrc(message), BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(record.Length - 4)));
    }

    [Theory, Clause("TRL-6.1")]
    [InlineData(0.4, "0s")]
    [InlineData(59.9, "59s")]
    [InlineData(61, "1m 1s")]
    [InlineData(3600, "1h 0m 0s")]
    [InlineData(90061, "1d 1h 1m 1s")]
    public void DurationsAreSaidFromTheFirstUnitThatCounts(double seconds, string said) => Assert.Equal(said, LogText.Time(TimeSpan.FromSeconds(seconds)));

    [Fact, Clause("TRL-6.1")]
    public void NumbersHaveEightDigitsAndWhatIsNoneIsNull()
    {
        var progress = new RunProgress(5, 93, TimeSpan.FromSeconds(10), 2, 1.23456, 0);
        var line = LogText.Train(new TrainRecord(progress, 1.234567891, double.NaN, 1e-5 / 3, [], 0, 0));
        Assert.Equal("""{"loss":1.23456789,"grad_norm":null,"learning_rate":3.33E-06,"iteration":"5/93","elapsed_time":"10s","remaining_time":"2m 56s","memory(GiB)":1.23,"train_speed(s/it)":2}""", line.ToJsonString());
        Assert.Equal("""{"eval_loss":0.5,"iteration":"5/93","elapsed_time":"10s","remaining_time":"2m 56s","memory(GiB)":1.23,"train_speed(s/it)":2}""", LogText.Eval(new EvalRecord(progress, 0.5)).ToJsonString());
    }

    [Fact, Clause("TRL-6.3")]
    public void ARunsFolderIsNumberedBehindTheLast()
    {
        var now = new DateTime(2026, 2, 3, 10, 11, 12, DateTimeKind.Utc);
        Assert.Equal("v0-20260203-101112", RunFolder.Next([], now));
        Assert.Equal("v11-20260203-101112", RunFolder.Next(["v2-20260101-000000", "v10-20260101-000000", "checkpoint-20", "vx-1"], now));
    }

    [Fact]
    public void ACurveIsDrawnWhateverItsNumbers()
    {
        Assert.Contains("<polyline", CurveText.Svg("train/loss <a>", [(1, 2.0), (5, double.NaN), (10, 2.0)]), StringComparison.Ordinal);
        Assert.Contains("&lt;a&gt;", CurveText.Svg("train/loss <a>", [(1, 2.0)]), StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", CurveText.Svg("x", [(1, double.NaN)]), StringComparison.Ordinal);
    }
}
