using Ckpt.Torch.Native;

namespace Ckpt.Torch;

public static unsafe partial class torch
{
    static readonly Operator s_scalarTensor = new("aten::scalar_tensor");
    static readonly Operator s_zeros = new("aten::zeros");
    static readonly Operator s_ones = new("aten::ones");
    static readonly Operator s_full = new("aten::full");
    static readonly Operator s_rand = new("aten::rand");
    static readonly Operator s_randn = new("aten::randn");
    static readonly Operator s_randintLow = new("aten::randint.low");
    static readonly Operator s_randperm = new("aten::randperm");
    static readonly Operator s_arange = new("aten::arange");
    static readonly Operator s_arangeStart = new("aten::arange.start");
    static readonly Operator s_arangeStartStep = new("aten::arange.start_step");
    static readonly Operator s_linspace = new("aten::linspace");
    static readonly Operator s_eye = new("aten::eye");
    static readonly Operator s_zerosLike = new("aten::zeros_like");
    static readonly Operator s_onesLike = new("aten::ones_like");
    static readonly Operator s_emptyLike = new("aten::empty_like");
    static readonly Operator s_fullLike = new("aten::full_like");
    static readonly Operator s_randLike = new("aten::rand_like");
    static readonly Operator s_randnLike = new("aten::randn_like");

    public static Tensor zeros(long[] size, ScalarType? dtype = null, Device? device = null) => s_zeros.Call(size, dtype, default, device);

    public static Tensor ones(long[] size, ScalarType? dtype = null, Device? device = null) => s_ones.Call(size, dtype, default, device);

    public static Tensor full(long[] size, Scalar fill_value, ScalarType? dtype = null, Device? device = null)
        => s_full.Call(size, fill_value, dtype, default, device);

    public static Tensor rand(long[] size, ScalarType? dtype = null, Device? device = null) => s_rand.Call(size, dtype, default, device);

    public static Tensor randn(long[] size, ScalarType? dtype = null, Device? device = null) => s_randn.Call(size, dtype, default, device);

    public static Tensor randint(long low, long high, long[] size, ScalarType? dtype = null, Device? device = null)
        => s_randintLow.Call(low, high, size, dtype ?? ScalarType.Int64, default, device);

    public static Tensor randperm(long n, ScalarType? dtype = null, Device? device = null)
        => s_randperm.Call(n, dtype ?? ScalarType.Int64, default, device);

    public static Tensor arange(Scalar end, ScalarType? dtype = null, Device? device = null) => s_arange.Call(end, dtype, default, device);

    public static Tensor arange(Scalar start, Scalar end, ScalarType? dtype = null, Device? device = null)
        => s_arangeStart.Call(start, end, dtype, default, device);

    public static Tensor arange(Scalar start, Scalar end, Scalar step, ScalarType? dtype = null, Device? device = null)
        => s_arangeStartStep.Call(start, end, step, dtype, default, device);

    public static Tensor linspace(Scalar start, Scalar end, long steps, ScalarType? dtype = null, Device? device = null)
        => s_linspace.Call(start, end, steps, dtype, default, device);

    public static Tensor eye(long n, ScalarType? dtype = null, Device? device = null) => s_eye.Call(n, dtype, default, device);

    public static Tensor zeros_like(Tensor input, ScalarType? dtype = null, Device? device = null) => s_zerosLike.Call(input, dtype, default, device);

    public static Tensor ones_like(Tensor input, ScalarType? dtype = null, Device? device = null) => s_onesLike.Call(input, dtype, default, device);

    public static Tensor empty_like(Tensor input, ScalarType? dtype = null, Device? device = null) => s_emptyLike.Call(input, dtype, default, device);

    public static Tensor full_like(Tensor input, Scalar fill_value, ScalarType? dtype = null, Device? device = null)
        => s_fullLike.Call(input, fill_value, dtype, default, device);

    public static Tensor rand_like(Tensor input, ScalarType? dtype = null) => s_randLike.Call(input, dtype);

    public static Tensor randn_like(Tensor input, ScalarType? dtype = null) => s_randnLike.Call(input, dtype);

    /// <summary>A tensor of memory that nobody has written yet.</summary>
    public static Tensor empty(long[] size, ScalarType? dtype = null, Device? device = null)
    {
        Shim.Require();
        nint result;
        fixed (long* sizes = size)
        {
            Shim.Check(Shim.ckpt_empty(sizes, size.Length, (int)(dtype ?? ScalarType.Float32), (device ?? Device.CPU).Packed, &result));
        }
        return new Tensor(result);
    }

    public static Tensor tensor(float[] data, ScalarType? dtype = null, Device? device = null) => Made<float>(data, [data.Length], ScalarType.Float32, dtype, device);

    public static Tensor tensor(double[] data, ScalarType? dtype = null, Device? device = null) => Made<double>(data, [data.Length], ScalarType.Float64, dtype, device);

    public static Tensor tensor(long[] data, ScalarType? dtype = null, Device? device = null) => Made<long>(data, [data.Length], ScalarType.Int64, dtype, device);

    public static Tensor tensor(int[] data, ScalarType? dtype = null, Device? device = null) => Made<int>(data, [data.Length], ScalarType.Int32, dtype, device);

    public static Tensor tensor(byte[] data, ScalarType? dtype = null, Device? device = null) => Made<byte>(data, [data.Length], ScalarType.Byte, dtype, device);

    public static Tensor tensor(bool[] data, ScalarType? dtype = null, Device? device = null) => Made<bool>(data, [data.Length], ScalarType.Bool, dtype, device);

    public static Tensor tensor(ReadOnlySpan<float> data, long[] shape, ScalarType? dtype = null, Device? device = null) => Made(data, shape, ScalarType.Float32, dtype, device);

    public static Tensor tensor(ReadOnlySpan<double> data, long[] shape, ScalarType? dtype = null, Device? device = null) => Made(data, shape, ScalarType.Float64, dtype, device);

    public static Tensor tensor(ReadOnlySpan<long> data, long[] shape, ScalarType? dtype = null, Device? device = null) => Made(data, shape, ScalarType.Int64, dtype, device);

    public static Tensor tensor(ReadOnlySpan<int> data, long[] shape, ScalarType? dtype = null, Device? device = null) => Made(data, shape, ScalarType.Int32, dtype, device);

    public static Tensor tensor(ReadOnlySpan<byte> data, long[] shape, ScalarType? dtype = null, Device? device = null) => Made(data, shape, ScalarType.Byte, dtype, device);

    /// <summary>A tensor of no dimensions; integers are int64, others float32, as in Python.</summary>
    public static Tensor tensor(Scalar value, ScalarType? dtype = null, Device? device = null)
        => s_scalarTensor.Call(value, dtype ?? value.DefaultType, default, device);

    static Tensor Made<T>(ReadOnlySpan<T> data, long[] shape, ScalarType type, ScalarType? dtype, Device? device) where T : unmanaged
    {
        var made = empty(shape, type).CopyFrom(data);
        if ((dtype ?? type) == type && (device ?? Device.CPU).Type == DeviceType.CPU) { return made; }
        using (made) { return made.to(device ?? Device.CPU, dtype ?? type); }
    }
}
