namespace Ckpt.Torch;

public sealed partial class Tensor
{
    static readonly Operator s_equal = new("aten::equal");
    static readonly Operator s_allclose = new("aten::allclose");
    static readonly Operator s_eqTensor = new("aten::eq.Tensor");
    static readonly Operator s_eqScalar = new("aten::eq.Scalar");
    static readonly Operator s_neTensor = new("aten::ne.Tensor");
    static readonly Operator s_neScalar = new("aten::ne.Scalar");
    static readonly Operator s_ltTensor = new("aten::lt.Tensor");
    static readonly Operator s_ltScalar = new("aten::lt.Scalar");
    static readonly Operator s_leTensor = new("aten::le.Tensor");
    static readonly Operator s_leScalar = new("aten::le.Scalar");
    static readonly Operator s_gtTensor = new("aten::gt.Tensor");
    static readonly Operator s_gtScalar = new("aten::gt.Scalar");
    static readonly Operator s_geTensor = new("aten::ge.Tensor");
    static readonly Operator s_geScalar = new("aten::ge.Scalar");
    static readonly Operator s_logicalAnd = new("aten::logical_and");
    static readonly Operator s_logicalOr = new("aten::logical_or");
    static readonly Operator s_logicalXor = new("aten::logical_xor");
    static readonly Operator s_logicalNot = new("aten::logical_not");
    static readonly Operator s_bitwiseAndTensor = new("aten::bitwise_and.Tensor");
    static readonly Operator s_bitwiseOrTensor = new("aten::bitwise_or.Tensor");
    static readonly Operator s_isnan = new("aten::isnan");
    static readonly Operator s_isinf = new("aten::isinf");
    static readonly Operator s_isfinite = new("aten::isfinite");
    static readonly Operator s_bitwiseNot = new("aten::bitwise_not");

    public Tensor eq(Tensor other) => s_eqTensor.Call(this, other);

    public Tensor eq(Scalar other) => s_eqScalar.Call(this, other);

    public Tensor ne(Tensor other) => s_neTensor.Call(this, other);

    public Tensor ne(Scalar other) => s_neScalar.Call(this, other);

    public Tensor lt(Tensor other) => s_ltTensor.Call(this, other);

    public Tensor lt(Scalar other) => s_ltScalar.Call(this, other);

    public Tensor le(Tensor other) => s_leTensor.Call(this, other);

    public Tensor le(Scalar other) => s_leScalar.Call(this, other);

    public Tensor gt(Tensor other) => s_gtTensor.Call(this, other);

    public Tensor gt(Scalar other) => s_gtScalar.Call(this, other);

    public Tensor ge(Tensor other) => s_geTensor.Call(this, other);

    public Tensor ge(Scalar other) => s_geScalar.Call(this, other);

    public Tensor logical_and(Tensor other) => s_logicalAnd.Call(this, other);

    public Tensor logical_or(Tensor other) => s_logicalOr.Call(this, other);

    public Tensor logical_xor(Tensor other) => s_logicalXor.Call(this, other);

    public Tensor logical_not() => s_logicalNot.Call(this);

    public Tensor bitwise_and(Tensor other) => s_bitwiseAndTensor.Call(this, other);

    public Tensor bitwise_or(Tensor other) => s_bitwiseOrTensor.Call(this, other);

    public Tensor isnan() => s_isnan.Call(this);

    public Tensor isinf() => s_isinf.Call(this);

    public Tensor isfinite() => s_isfinite.Call(this);

    /// <summary>Whether shape and all elements are the same.</summary>
    public bool equal(Tensor other) => (bool)s_equal.CallValue(this, other)!;

    public bool allclose(Tensor other, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false)
        => (bool)s_allclose.CallValue(this, other, rtol, atol, equal_nan)!;

    public static Tensor operator >(Tensor left, Tensor right) => left.gt(right);

    public static Tensor operator >(Tensor left, Scalar right) => left.gt(right);

    public static Tensor operator <(Tensor left, Tensor right) => left.lt(right);

    public static Tensor operator <(Tensor left, Scalar right) => left.lt(right);

    public static Tensor operator >=(Tensor left, Tensor right) => left.ge(right);

    public static Tensor operator >=(Tensor left, Scalar right) => left.ge(right);

    public static Tensor operator <=(Tensor left, Tensor right) => left.le(right);

    public static Tensor operator <=(Tensor left, Scalar right) => left.le(right);

    public static Tensor operator &(Tensor left, Tensor right) => left.bitwise_and(right);

    public static Tensor operator |(Tensor left, Tensor right) => left.bitwise_or(right);

    public static Tensor operator ~(Tensor value) => value.bitwise_not();

    public Tensor bitwise_not() => s_bitwiseNot.Call(this);
}
