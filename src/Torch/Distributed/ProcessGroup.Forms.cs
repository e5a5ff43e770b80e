namespace Ckpt.Torch.Distributed;

/// <summary>
/// The forms in which tensors travel. Gloo takes contiguous tensors on the CPU, of some types: what only moves goes as bytes, what is
/// added up in bfloat16 goes as float32, and is rounded once, at the end. What comes back is a reference of the operation's own.
/// </summary>
public sealed unsafe partial class ProcessGroup
{
    /// <summary>A tensor that is read.</summary>
    Tensor Readable(Tensor tensor)
    {
        using (torch.no_grad())
        using (torch.NewDisposeScope())
        {
            var plain = (_isGloo ? tensor.detach().cpu() : tensor.detach()).contiguous();
            return (_isGloo ? Bytes(plain) : plain).DetachFromDisposeScope();
        }
    }

    /// <summary>A tensor that is written, and read before at some members; what is to be done after.</summary>
    (Tensor Sent, Action? After) Writable(Tensor tensor, bool read)
    {
        using (torch.no_grad())
        using (torch.NewDisposeScope())
        {
            if (IsPlain(tensor)) { return ((_isGloo ? Bytes(tensor.detach()) : tensor.detach()).DetachFromDisposeScope(), null); }
            var device = _isGloo ? Device.CPU : tensor.device;
            var plain = read ? tensor.detach().to(device).contiguous() : torch.empty(tensor.shape, tensor.dtype, device);
            if (!_isGloo) { return (plain.DetachFromDisposeScope(), () => tensor.copy_(plain)); }
            var bytes = Bytes(plain).DetachFromDisposeScope();
            return (bytes, () => tensor.copy_(bytes.view(tensor.dtype).view(tensor.shape)));
        }
    }

    /// <summary>A tensor that is combined with others' in place.</summary>
    (Tensor Sent, ReduceOp Reduction, Action? After) Reducible(Tensor tensor, ReduceOp op)
    {
        using (torch.no_grad())
        using (torch.NewDisposeScope())
        {
            if (!_isGloo)
            {
                if (tensor.is_contiguous()) { return (tensor.detach().DetachFromDisposeScope(), op, null); }
                var packed = tensor.detach().contiguous().DetachFromDisposeScope();
                return (packed, op, () => tensor.copy_(packed));
            }
            var type = Summable(tensor.dtype);
            var inPlace = IsPlain(tensor) && type == tensor.dtype;
            var sent = (inPlace ? tensor.detach() : tensor.detach().to(Device.CPU, type).contiguous()).DetachFromDisposeScope();
            var average = op == ReduceOp.AVG;
            Action? after = null;
            if (average && inPlace) { after = () => tensor.copy_(Average(tensor)); }
            else if (!inPlace) { after = () => tensor.copy_(average ? Average(sent) : sent); }
            return (sent, average ? ReduceOp.SUM : op, after);
        }
    }

    bool IsPlain(Tensor tensor) => tensor.is_contiguous() && (!_isGloo || tensor.device.Type == DeviceType.CPU);

    Tensor Average(Tensor sum) => sum.is_floating_point() ? sum / Size : sum.floor_divide(Size);

    static Tensor Bytes(Tensor tensor) => tensor.view(-1).view(ScalarType.Byte);

    Tensor[] Parts(Tensor whole) => whole.chunk(Size);

    /// <summary>The type in which Gloo adds up.</summary>
    static ScalarType Summable(ScalarType type) => type switch
    {
        ScalarType.BFloat16 or ScalarType.Float16 => ScalarType.Float32,
        ScalarType.Bool => ScalarType.Byte,
        ScalarType.Int16 => ScalarType.Int32,
        _ => type,
    };
}
