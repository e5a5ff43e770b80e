namespace Ckpt.Torch;

/// <summary>
/// One argument of an operator on its way through the dispatcher; anything an operator takes converts to one without allocating.
/// <c>default</c> is None: no tensor, or the schema's own default.
/// </summary>
public readonly struct Argument
{
    internal Argument(ArgumentKind kind, long bits, object? reference = null) => (Kind, Bits, Reference) = (kind, bits, reference);

    internal ArgumentKind Kind { get; }

    internal long Bits { get; }

    internal object? Reference { get; }

    public static implicit operator Argument(Tensor? value) => value is null ? default : new(ArgumentKind.Tensor, 0, value);

    public static implicit operator Argument(int value) => new(ArgumentKind.Int, value);

    public static implicit operator Argument(long value) => new(ArgumentKind.Int, value);

    public static implicit operator Argument(long? value) => value is { } v ? new(ArgumentKind.Int, v) : default;

    public static implicit operator Argument(double value) => new(ArgumentKind.Double, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator Argument(double? value) => value is { } v ? v : default(Argument);

    public static implicit operator Argument(bool value) => new(ArgumentKind.Bool, value ? 1 : 0);

    public static implicit operator Argument(string? value) => value is null ? default : new(ArgumentKind.String, 0, value);

    public static implicit operator Argument(long[]? value) => value is null ? default : new(ArgumentKind.IntList, value.Length, value);

    public static implicit operator Argument(double[]? value) => value is null ? default : new(ArgumentKind.DoubleList, value.Length, value);

    public static implicit operator Argument(bool[]? value) => value is null ? default : new(ArgumentKind.BoolList, value.Length, value);

    public static implicit operator Argument(Tensor?[]? value) => value is null ? default : new(ArgumentKind.TensorList, value.Length, value);

    public static implicit operator Argument(Scalar value) => value.Boxed;

    public static implicit operator Argument(Scalar? value) => value is { } v ? v.Boxed : default;

    public static implicit operator Argument(ScalarType value) => new(ArgumentKind.Int, (int)value);

    public static implicit operator Argument(ScalarType? value) => value is { } v ? v : default(Argument);

    public static implicit operator Argument(Device value) => new(ArgumentKind.Device, value.Packed);

    public static implicit operator Argument(Device? value) => value is { } v ? v : default(Argument);

    /// <summary>An argument of whatever type it happens to have.</summary>
    internal static Argument Of(object? value) => value switch
    {
        null => default,
        Argument a => a,
        Tensor t => t,
        long i => i,
        int i => i,
        short i => (long)i,
        byte i => (long)i,
        bool b => b,
        double d => d,
        float f => (double)f,
        string s => s,
        long[] l => l,
        int[] l => Array.ConvertAll(l, i => (long)i),
        double[] l => l,
        float[] l => Array.ConvertAll(l, f => (double)f),
        bool[] l => l,
        Tensor?[] l => l,
        IEnumerable<Tensor> l => l.ToArray(),
        ScalarType t => t,
        Device d => d,
        Scalar s => s,
        _ => throw new ArgumentException($"a {value.GetType().Name} is no argument of an operator"),
    };
}
