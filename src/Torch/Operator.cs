using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using Ckpt.Torch.Native;

namespace Ckpt.Torch;

/// <summary>
/// One operator of LibTorch's dispatcher, by its name and overload (<c>aten::add.Tensor</c>); looked up at its first call. Arguments stand
/// in the schema's order, keyword-only ones too; those left out at the end are the schema's defaults.
/// </summary>
public sealed unsafe class Operator(string name)
{
    const int MostResults = 8;
    const int ScratchOnStack = 1024;

    nint _handle;

    /// <summary>The whole name.</summary>
    public string Name { get; } = name;

    /// <summary>Whether the LibTorch at hand has it.</summary>
    public bool Exists
    {
        get
        {
            Shim.Require();
            var (name, overload) = Parts();
            return Shim.ckpt_has_operator(name, overload) != 0;
        }
    }

    /// <summary>Whether it has been called, or looked up to be.</summary>
    internal bool WasUsed => _handle != 0;

    nint Handle => _handle != 0 ? _handle : Resolve();

    /// <summary>Calls it; it gives one tensor.</summary>
    public Tensor Call(params ReadOnlySpan<Argument> arguments)
    {
        NativeValue result;
        var count = Invoke(arguments, &result, 1);
        if (count == 1 && result.Kind == ArgumentKind.Tensor) { return new Tensor((nint)result.Bits); }
        Release(&result, Math.Min(count, 1));
        throw new TorchException($"{Name} gives {(count == 1 ? "no tensor" : $"{count} results")}, and one tensor was asked for");
    }

    /// <summary>Calls it; it gives several tensors, or a list of them. One that is absent is null, and has its place.</summary>
    public Tensor[] CallMany(params ReadOnlySpan<Argument> arguments)
    {
        var results = stackalloc NativeValue[MostResults];
        var count = Invoke(arguments, results, MostResults);
        if (count > MostResults)
        {
            Release(results, MostResults);
            throw new TorchException($"{Name} gives {count} results, and {MostResults} are taken");
        }
        var tensors = new List<Tensor>(count);
        for (var i = 0; i < count; i++)
        {
            switch (results[i].Kind)
            {
                case ArgumentKind.Tensor: tensors.Add(new Tensor((nint)results[i].Bits)); break;
                case ArgumentKind.TensorList: TakeList(results[i], tensors); break;
                case ArgumentKind.None: tensors.Add(null!); break;
            }
        }
        return [.. tensors];
    }

    /// <summary>Calls it for its effect on its arguments; what it gives, which is one of them or nothing, is dropped.</summary>
    public void Run(params ReadOnlySpan<Argument> arguments) => Invoke(arguments, null, 0);

    /// <summary>Calls it; it gives a number or a truth, or null for None.</summary>
    public object? CallValue(params ReadOnlySpan<Argument> arguments)
    {
        NativeValue result;
        var count = Invoke(arguments, &result, 1);
        if (count > 1)
        {
            Release(&result, 1);
            throw new TorchException($"{Name} gives {count} results, and one value was asked for");
        }
        switch (count == 0 ? ArgumentKind.None : result.Kind)
        {
            case ArgumentKind.None: return null;
            case ArgumentKind.Int: return result.Bits;
            case ArgumentKind.Double: return BitConverter.Int64BitsToDouble(result.Bits);
            case ArgumentKind.Bool: return result.Bits != 0;
            case ArgumentKind.Tensor: return new Tensor((nint)result.Bits);
            default:
                Release(&result, 1);
                throw new TorchException($"{Name} gives more than a value");
        }
    }

    [SkipLocalsInit]
    int Invoke(ReadOnlySpan<Argument> arguments, NativeValue* results, int capacity)
    {
        var handle = Handle;
        long needed = 0;
        foreach (var argument in arguments) { needed += ScratchSize(argument); }
        byte[]? rented = null;
        var scratch = needed <= ScratchOnStack ? stackalloc byte[ScratchOnStack] : (rented = ArrayPool<byte>.Shared.Rent(checked((int)needed)));
        var values = stackalloc NativeValue[Math.Max(arguments.Length, 1)];
        int given;
        int status;
        fixed (byte* start = scratch)
        {
            var free = start;
            for (var i = 0; i < arguments.Length; i++) { Write(arguments[i], values + i, ref free); }
            status = Shim.ckpt_call(handle, values, arguments.Length, results, capacity, &given);
        }
        // Nothing of the arguments may be finalised while the call runs.
        foreach (var argument in arguments) { GC.KeepAlive(argument.Reference); }
        if (rented is not null) { ArrayPool<byte>.Shared.Return(rented); }
        Shim.Check(status);
        return given;
    }

    /// <summary>Lists and strings are copied beside each other for the time of the call; every piece starts at a multiple of 8.</summary>
    static long ScratchSize(in Argument argument) => argument.Kind switch
    {
        ArgumentKind.IntList or ArgumentKind.DoubleList or ArgumentKind.TensorList => argument.Bits * 8,
        ArgumentKind.BoolList => (argument.Bits + 7) & ~7,
        ArgumentKind.String => (Encoding.UTF8.GetMaxByteCount(((string)argument.Reference!).Length) + 7) & ~7,
        _ => 0,
    };

    static void Write(in Argument argument, NativeValue* value, ref byte* free)
    {
        value->Kind = argument.Kind;
        value->Count = (int)argument.Bits;
        value->Bits = (long)free;
        switch (argument.Kind)
        {
            case ArgumentKind.Tensor:
                value->Bits = ((Tensor)argument.Reference!).Handle;
                return;
            case ArgumentKind.IntList:
                ((long[])argument.Reference!).CopyTo(new Span<long>(free, value->Count));
                break;
            case ArgumentKind.DoubleList:
                ((double[])argument.Reference!).CopyTo(new Span<double>(free, value->Count));
                break;
            case ArgumentKind.BoolList:
                ((bool[])argument.Reference!).CopyTo(new Span<bool>(free, value->Count));
                break;
            case ArgumentKind.TensorList:
                var tensors = (Tensor?[])argument.Reference!;
                for (var i = 0; i < tensors.Length; i++) { ((nint*)free)[i] = tensors[i]?.Handle ?? 0; }
                break;
            case ArgumentKind.String:
                var text = (string)argument.Reference!;
                value->Count = Encoding.UTF8.GetBytes(text, new Span<byte>(free, Encoding.UTF8.GetMaxByteCount(text.Length)));
                break;
            default:
                value->Bits = argument.Bits;
                return;
        }
        free += ScratchSize(argument);
    }

    static void TakeList(NativeValue list, List<Tensor> tensors)
    {
        var handles = (nint*)list.Bits;
        for (var i = 0; i < list.Count; i++) { tensors.Add(handles[i] == 0 ? null! : new Tensor(handles[i])); }
        Shim.ckpt_free_array((nint)handles);
    }

    static void Release(NativeValue* results, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (results[i].Kind == ArgumentKind.Tensor) { Shim.ckpt_tensor_free((nint)results[i].Bits); }
            if (results[i].Kind != ArgumentKind.TensorList) { continue; }
            var handles = (nint*)results[i].Bits;
            for (var j = 0; j < results[i].Count; j++) { Shim.ckpt_tensor_free(handles[j]); }
            Shim.ckpt_free_array((nint)handles);
        }
    }

    nint Resolve()
    {
        Shim.Require();
        var (name, overload) = Parts();
        nint handle;
        Shim.Check(Shim.ckpt_operator(name, overload, &handle));
        // Two threads may look up at once: both handles are good, and one of them is kept.
        _handle = handle;
        return handle;
    }

    (string Name, string Overload) Parts()
    {
        var dot = Name.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? (Name, "") : (Name[..dot], Name[(dot + 1)..]);
    }
}
