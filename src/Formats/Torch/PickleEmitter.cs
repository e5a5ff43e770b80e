using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using static Ckpt.Formats.Torch.PickleOpcode;

namespace Ckpt.Formats.Torch;

/// <summary>Writes opcodes in the shortest form that a protocol has, and counts memo numbers.</summary>
sealed class PickleEmitter(int protocol)
{
    readonly ArrayBufferWriter<byte> _out = new(256);

    internal int Protocol { get; } = protocol;

    /// <summary>The number that the next <see cref="Memo"/> gives.</summary>
    internal int NextMemo { get; private set; }

    internal byte[] ToArray() => _out.WrittenSpan.ToArray();

    internal PickleEmitter Begin()
    {
        Op(Proto);
        Op((byte)Protocol);
        return this;
    }

    internal void Op(byte opcode)
    {
        _out.GetSpan(1)[0] = opcode;
        _out.Advance(1);
    }

    internal void Op(byte first, byte second)
    {
        Op(first);
        Op(second);
    }

    internal void Bool(bool value) => Op(value ? NewTrue : NewFalse);

    internal void Int(long value)
    {
        if (value is >= 0 and <= byte.MaxValue) { Op(BinInt1, (byte)value); }
        else if (value is >= 0 and <= ushort.MaxValue)
        {
            Op(BinInt2);
            BinaryPrimitives.WriteUInt16LittleEndian(Room(2), (ushort)value);
        }
        else if (value is >= int.MinValue and <= int.MaxValue)
        {
            Op(BinInt);
            BinaryPrimitives.WriteInt32LittleEndian(Room(4), (int)value);
        }
        else { Int(new BigInteger(value)); }
    }

    internal void Int(BigInteger value)
    {
        if (value >= int.MinValue && value <= int.MaxValue) { Int((long)value); return; }
        var bytes = value.ToByteArray();
        if (bytes.Length <= byte.MaxValue) { Op(Long1, (byte)bytes.Length); }
        else
        {
            Op(Long4);
            BinaryPrimitives.WriteInt32LittleEndian(Room(4), bytes.Length);
        }
        _out.Write(bytes);
    }

    internal void Float(double value)
    {
        Op(BinFloat);
        BinaryPrimitives.WriteDoubleBigEndian(Room(8), value);
    }

    internal void Text(string text)
    {
        var bytes = PickleText.Encode(text);
        if (Protocol >= 4 && bytes.Length <= byte.MaxValue) { Op(ShortBinUnicode, (byte)bytes.Length); }
        else
        {
            Op(BinUnicode);
            BinaryPrimitives.WriteUInt32LittleEndian(Room(4), (uint)bytes.Length);
        }
        _out.Write(bytes);
    }

    internal void Bytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= byte.MaxValue) { Op(ShortBinBytes, (byte)bytes.Length); }
        else
        {
            Op(BinBytes);
            BinaryPrimitives.WriteUInt32LittleEndian(Room(4), (uint)bytes.Length);
        }
        _out.Write(bytes);
    }

    internal void ByteArray(ReadOnlySpan<byte> bytes)
    {
        Op(ByteArray8);
        BinaryPrimitives.WriteUInt64LittleEndian(Room(8), (ulong)bytes.Length);
        _out.Write(bytes);
    }

    internal void GlobalName(string module, string name)
    {
        if (Protocol >= 4)
        {
            Text(module);
            Text(name);
            Op(StackGlobal);
            return;
        }
        Op(PickleOpcode.Global);
        _out.Write(Encoding.UTF8.GetBytes($"{module}\n{name}\n"));
    }

    /// <summary>Gives the value on top of the stack the next memo number.</summary>
    internal int Memo()
    {
        if (Protocol >= 4) { Op(Memoize); }
        else if (NextMemo <= byte.MaxValue) { Op(BinPut, (byte)NextMemo); }
        else
        {
            Op(LongBinPut);
            BinaryPrimitives.WriteUInt32LittleEndian(Room(4), (uint)NextMemo);
        }
        return NextMemo++;
    }

    internal void Recall(int number)
    {
        if (number <= byte.MaxValue) { Op(BinGet, (byte)number); return; }
        Op(LongBinGet);
        BinaryPrimitives.WriteUInt32LittleEndian(Room(4), (uint)number);
    }

    Span<byte> Room(int count)
    {
        var room = _out.GetSpan(count)[..count];
        _out.Advance(count);
        return room;
    }
}
