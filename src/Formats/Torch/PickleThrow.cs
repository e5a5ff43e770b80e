using System.Diagnostics.CodeAnalysis;

namespace Ckpt.Formats.Torch;

/// <summary>The faults of a pickle, for the machine and its stack.</summary>
static class PickleThrow
{
    internal static string Kind(PickleNode node) => node switch
    {
        PickleNone => "None",
        PickleBool => "a bool",
        PickleInt => "an int",
        PickleFloat => "a float",
        PickleString => "a str",
        PickleBytes => "bytes",
        PickleByteArray => "a bytearray",
        PickleTuple => "a tuple",
        PickleList => "a list",
        PickleDict => "a dict",
        PickleSet => "a set",
        PickleGlobal global => $"the name {global.FullName}",
        PickleObject made => $"an object of {made.ClassName ?? "something that is no class"}",
        PicklePersistentId => "a persistent id",
        _ => "a skipped value",
    };

    [DoesNotReturn]
    internal static void Opcode(PickleCursor at, byte opcode, long place)
    {
        var name = opcode switch
        {
            PickleOpcode.Ext1 or PickleOpcode.Ext2 or PickleOpcode.Ext4 => "EXT (a class by its number in a registry outside the file)",
            PickleOpcode.NextBuffer => "NEXT_BUFFER (data outside the file)",
            PickleOpcode.ReadOnlyBuffer => "READONLY_BUFFER (data outside the file)",
            PickleOpcode.String => "STRING (a Python 2 literal)",
            PickleOpcode.Unicode => "UNICODE (a protocol 0 literal)",
            _ => null,
        };
        if (name is not null)
        {
            throw new UnsupportedCheckpointException("TOR-1.8", at.Name, $"opcode {name} at byte {place} of the pickle");
        }
        throw new MalformedCheckpointException("TOR-1.1", at.Name, $"byte {place} of the pickle is 0x{opcode:X2}, which is no opcode");
    }

    [DoesNotReturn]
    internal static void Protocol(PickleCursor at, byte protocol) => throw new UnsupportedCheckpointException(
        "TOR-1.2", at.Name, $"pickle protocol {protocol}, known are 0 to 5");

    [DoesNotReturn]
    internal static void FramePastEnd(PickleCursor at, ulong length) => throw new MalformedCheckpointException(
        "TOR-1.3", at.Name, $"a frame of {length} bytes announced at byte {at.Position} of the pickle, {at.Left} are left");

    [DoesNotReturn]
    internal static void NegativeCount(PickleCursor at, int count) => throw new MalformedCheckpointException(
        "TOR-1.3", at.Name, $"a length of {count} before byte {at.Position} of the pickle");

    [DoesNotReturn]
    internal static void Underflow(PickleCursor at, int wanted, int there) => throw new MalformedCheckpointException(
        "TOR-1.4", at.Name, $"the opcode before byte {at.Position} of the pickle takes {wanted} values, {there} are there");

    [DoesNotReturn]
    internal static void NoMark(PickleCursor at) => throw new MalformedCheckpointException(
        "TOR-1.4", at.Name, $"the opcode before byte {at.Position} of the pickle takes the values to a mark, there is none");

    [DoesNotReturn]
    internal static void Operand(PickleCursor at, string wanted, string found) => throw new MalformedCheckpointException(
        "TOR-1.4", at.Name, $"the opcode before byte {at.Position} of the pickle needs {wanted}, found {found}");

    [DoesNotReturn]
    internal static void NoMemo(PickleCursor at, ulong index) => throw new MalformedCheckpointException(
        "TOR-1.5", at.Name, $"the opcode before byte {at.Position} of the pickle refers to number {index}, which nothing has");

    [DoesNotReturn]
    internal static void LeftOnStack(PickleCursor at, int count) => throw new MalformedCheckpointException(
        "TOR-1.9", at.Name, $"the pickle stops at byte {at.Position} with {count} values besides its own");

    [DoesNotReturn]
    internal static void AfterStop(PickleCursor at) => throw new MalformedCheckpointException(
        "TOR-1.9", at.Name, $"{at.Left} bytes follow the pickle, which stops at byte {at.Position}");

    [DoesNotReturn]
    internal static void TooMany(PickleCursor at, string what, int allowed) => throw new UnsupportedCheckpointException(
        "TOR-1.10", at.Name, $"more than {allowed} {what} before byte {at.Position} of the pickle");
}
