using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Ckpt.Trainer.Logging;

/// <summary>
/// A record of TensorBoard's event files (TRL-6.2): length, its checksum, the event, its checksum. An event is a protocol buffer of which
/// five fields are used, which is too few for a library. Pure.
/// </summary>
static class EventRecord
{
    const int WallTimeField = 1;
    const int StepField = 2;
    const int FileVersionField = 3;
    const int SummaryField = 5;
    const int ValueField = 1;
    const int TagField = 1;
    const int SimpleValueField = 2;

    /// <summary>The first record of a file.</summary>
    internal static byte[] Version(double wallTime)
    {
        var message = new ArrayBufferWriter<byte>();
        Double(message, WallTimeField, wallTime);
        Bytes(message, FileVersionField, "brain.Event:2"u8);
        return Framed(message.WrittenSpan);
    }

    /// <summary>A number at a step.</summary>
    internal static byte[] Scalar(double wallTime, long step, string tag, float number)
    {
        var value = new ArrayBufferWriter<byte>();
        Bytes(value, TagField, Encoding.UTF8.GetBytes(tag));
        Key(value, SimpleValueField, 5);
        BinaryPrimitives.WriteSingleLittleEndian(value.GetSpan(sizeof(float)), number);
        value.Advance(sizeof(float));

        var summary = new ArrayBufferWriter<byte>();
        Bytes(summary, ValueField, value.WrittenSpan);

        var message = new ArrayBufferWriter<byte>();
        Double(message, WallTimeField, wallTime);
        Key(message, StepField, 0);
        Number(message, (ulong)step);
        Bytes(message, SummaryField, summary.WrittenSpan);
        return Framed(message.WrittenSpan);
    }

    /// <summary>CRC-32C, turned and shifted so that the checksum of checksummed data does not repeat itself.</summary>
    internal static uint MaskedCrc(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data) { crc = BitOperations.Crc32C(crc, b); }
        return BitOperations.RotateRight(~crc, 15) + 0xA282EAD8;
    }

    static byte[] Framed(ReadOnlySpan<byte> message)
    {
        var record = new byte[sizeof(ulong) + sizeof(uint) + message.Length + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)message.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(sizeof(ulong)), MaskedCrc(record.AsSpan(0, sizeof(ulong))));
        message.CopyTo(record.AsSpan(sizeof(ulong) + sizeof(uint)));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(record.Length - sizeof(uint)), MaskedCrc(message));
        return record;
    }

    static void Key(ArrayBufferWriter<byte> into, int field, int wireType) => Number(into, (ulong)((field << 3) | wireType));

    static void Double(ArrayBufferWriter<byte> into, int field, double number)
    {
        Key(into, field, 1);
        BinaryPrimitives.WriteDoubleLittleEndian(into.GetSpan(sizeof(double)), number);
        into.Advance(sizeof(double));
    }

    static void Bytes(ArrayBufferWriter<byte> into, int field, ReadOnlySpan<byte> bytes)
    {
        Key(into, field, 2);
        Number(into, (ulong)bytes.Length);
        into.Write(bytes);
    }

    static void Number(ArrayBufferWriter<byte> into, ulong number)
    {
        while (number >= 0x80)
        {
            into.Write([(byte)(number | 0x80)]);
            number >>= 7;
        }
        into.Write([(byte)number]);
    }
}
