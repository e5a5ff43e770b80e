namespace Ckpt.Torch;

public sealed partial class Tensor
{
    static readonly Operator s_toDtype = new("aten::to.dtype");
    static readonly Operator s_toDevice = new("aten::to.device");

    /// <summary>This tensor where it is of that type already, else a copy.</summary>
    public Tensor to(ScalarType dtype, bool copy = false) => s_toDtype.Call(this, dtype, false, copy);

    /// <summary>This tensor where it is there already, else a copy.</summary>
    public Tensor to(Device device, bool non_blocking = false, bool copy = false) => s_toDevice.Call(this, device, dtype, non_blocking, copy);

    public Tensor to(Device device, ScalarType dtype, bool non_blocking = false, bool copy = false)
        => s_toDevice.Call(this, device, dtype, non_blocking, copy);

    public Tensor type_as(Tensor other) => to(other.dtype);

    public Tensor cpu() => to(Device.CPU);

    public Tensor cuda() => to(Device.CUDA);
}
