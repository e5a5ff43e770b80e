using Ckpt.Torch.Native;

namespace Ckpt.Torch;

public sealed unsafe partial class Tensor
{
    NativeInfo Info
    {
        get
        {
            NativeInfo info;
            Shim.Check(Shim.ckpt_tensor_info(Handle, &info));
            return info;
        }
    }

    public long[] shape
    {
        get
        {
            var info = Info;
            var sizes = new ReadOnlySpan<long>(info.Sizes, info.Dimensions).ToArray();
            GC.KeepAlive(this);
            return sizes;
        }
    }

    public ScalarType dtype
    {
        get
        {
            var type = Info.Type;
            GC.KeepAlive(this);
            return type;
        }
    }

    public Device device
    {
        get
        {
            var place = Device.Unpack(Info.Device);
            GC.KeepAlive(this);
            return place;
        }
    }

    public int ndim
    {
        get
        {
            var dimensions = Info.Dimensions;
            GC.KeepAlive(this);
            return dimensions;
        }
    }

    public long ElementSize
    {
        get
        {
            var size = Info.ElementSize;
            GC.KeepAlive(this);
            return size;
        }
    }

    public int dim() => ndim;

    public long numel()
    {
        var elements = Info.Elements;
        GC.KeepAlive(this);
        return elements;
    }

    public bool is_contiguous()
    {
        var contiguous = Info.Contiguous;
        GC.KeepAlive(this);
        return contiguous;
    }

    public bool is_floating_point() => dtype is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64
        or ScalarType.Float8E5M2 or ScalarType.Float8E4M3;

    /// <summary>The length of one dimension; negative ones count from the end.</summary>
    public long size(long dim)
    {
        var info = Info;
        var size = info.Sizes[Place(dim, info.Dimensions)];
        GC.KeepAlive(this);
        return size;
    }

    public long stride(long dim)
    {
        var info = Info;
        if (info.Strides is null) { throw new TorchException("the tensor has no strides: it is not dense"); }
        var stride = info.Strides[Place(dim, info.Dimensions)];
        GC.KeepAlive(this);
        return stride;
    }

    static long Place(long dim, int dimensions)
    {
        var place = dim < 0 ? dim + dimensions : dim;
        if (place < 0 || place >= dimensions) { throw new ArgumentOutOfRangeException(nameof(dim), dim, $"the tensor has {dimensions} dimensions"); }
        return place;
    }
}
