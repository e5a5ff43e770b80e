using Ckpt.Torch.Native;

namespace Ckpt.Torch;

public sealed unsafe partial class Tensor
{
    /// <summary>Where its first element lies, on its device.</summary>
    public nint data_ptr()
    {
        void* data;
        Shim.Check(Shim.ckpt_tensor_data(Handle, &data));
        GC.KeepAlive(this);
        return (nint)data;
    }

    /// <summary>
    /// The elements of a contiguous tensor on the CPU, in place and without a copy; good for as long as the tensor lives. The type is the
    /// element's or one of the same size (<c>ushort</c> for bfloat16), or <c>byte</c> for the bytes of any.
    /// </summary>
    public Span<T> data<T>() where T : unmanaged
    {
        var info = Info;
        if (!info.Contiguous || Device.Unpack(info.Device).Type != DeviceType.CPU)
        {
            throw new InvalidOperationException($"{this}: only contiguous tensors on the CPU can be read in place; use CopyTo");
        }
        var count = Count<T>(info);
        if (count > int.MaxValue) { throw new InvalidOperationException($"{this}: more elements than a span can have; take it in parts, by narrow"); }
        // An empty tensor has no memory.
        return count == 0 ? [] : new Span<T>((void*)data_ptr(), (int)count);
    }

    /// <summary>Copies all elements in row-major order, from whatever device and layout.</summary>
    public void CopyTo<T>(Span<T> destination) where T : unmanaged
    {
        var info = Info;
        var count = Count<T>(info);
        if (destination.Length != count) { throw new ArgumentException($"{this}: {count} elements of {typeof(T).Name}, the destination has {destination.Length}"); }
        if (count == 0) { return; }
        var here = IsPlain(info) ? this : Plain();
        try
        {
            new ReadOnlySpan<T>((void*)here.data_ptr(), destination.Length).CopyTo(destination);
        }
        finally
        {
            GC.KeepAlive(here);
            if (!ReferenceEquals(here, this)) { here.Dispose(); }
        }
    }

    /// <summary>Overwrites all elements in row-major order, on whatever device and in whatever layout; returns this.</summary>
    public Tensor CopyFrom<T>(ReadOnlySpan<T> source) where T : unmanaged
    {
        var info = Info;
        var count = Count<T>(info);
        if (source.Length != count) { throw new ArgumentException($"{this}: {count} elements of {typeof(T).Name}, the source has {source.Length}"); }
        if (count == 0) { return this; }
        if (IsPlain(info))
        {
            Fill(this, source);
            return this;
        }
        using var here = torch.empty(shape, dtype);
        Fill(here, source);
        using (torch.no_grad()) { s_copyInPlace.Run(this, here); }
        return this;
    }

    public Tensor CopyFrom<T>(T[] source) where T : unmanaged => CopyFrom((ReadOnlySpan<T>)source);

    /// <summary>All elements, in row-major order.</summary>
    public T[] ToArray<T>() where T : unmanaged
    {
        var elements = new T[Count<T>(Info)];
        CopyTo<T>(elements);
        return elements;
    }

    /// <summary>The one element of a tensor that has one, converted as C# converts numbers.</summary>
    public T item<T>() where T : unmanaged
    {
        NativeValue value;
        Shim.Check(Shim.ckpt_tensor_item(Handle, &value));
        GC.KeepAlive(this);
        object number = value.Kind switch
        {
            ArgumentKind.Double => BitConverter.Int64BitsToDouble(value.Bits),
            ArgumentKind.Bool => value.Bits != 0,
            _ => value.Bits,
        };
        if (number is T same) { return same; }
        return (T)Convert.ChangeType(number, typeof(T), System.Globalization.CultureInfo.InvariantCulture);
    }

    static bool IsPlain(in NativeInfo info) => info.Contiguous && Device.Unpack(info.Device).Type == DeviceType.CPU;

    static void Fill<T>(Tensor tensor, ReadOnlySpan<T> source) where T : unmanaged
    {
        source.CopyTo(new Span<T>((void*)tensor.data_ptr(), source.Length));
        GC.KeepAlive(tensor);
    }

    Tensor Plain()
    {
        using (torch.no_grad())
        using (torch.NewDisposeScope())
        {
            return cpu().contiguous().DetachFromDisposeScope();
        }
    }

    static long Count<T>(in NativeInfo info) where T : unmanaged
    {
        if (sizeof(T) == info.ElementSize) { return info.Elements; }
        if (sizeof(T) == 1) { return info.Elements * info.ElementSize; }
        throw new ArgumentException($"a tensor of {info.Type} has elements of {info.ElementSize} bytes, {typeof(T).Name} has {sizeof(T)}");
    }
}
