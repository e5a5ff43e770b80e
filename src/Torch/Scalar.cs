namespace Ckpt.Torch;

/// <summary>A number that meets a tensor: an integer stays one, so that it does not widen the tensor's type.</summary>
public readonly struct Scalar
{
    readonly ArgumentKind _kind;
    readonly long _bits;

    Scalar(ArgumentKind kind, long bits) => (_kind, _bits) = (kind, bits);

    public static implicit operator Scalar(int value) => new(ArgumentKind.Int, value);

    public static implicit operator Scalar(long value) => new(ArgumentKind.Int, value);

    public static implicit operator Scalar(float value) => new(ArgumentKind.Double, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator Scalar(double value) => new(ArgumentKind.Double, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator Scalar(bool value) => new(ArgumentKind.Bool, value ? 1 : 0);

    internal ScalarType DefaultType => _kind switch { ArgumentKind.Double => ScalarType.Float32, ArgumentKind.Bool => ScalarType.Bool, _ => ScalarType.Int64 };

    /// <summary>As an argument of an operator; the default value of this type is the number 0.</summary>
    internal Argument Boxed => _kind == ArgumentKind.None ? 0L : new Argument(_kind, _bits);
}
