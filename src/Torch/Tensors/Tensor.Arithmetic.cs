namespace Ckpt.Torch;

public sealed partial class Tensor
{
    static readonly Operator s_addTensor = new("aten::add.Tensor");
    static readonly Operator s_addScalar = new("aten::add.Scalar");
    static readonly Operator s_subTensor = new("aten::sub.Tensor");
    static readonly Operator s_subScalar = new("aten::sub.Scalar");
    static readonly Operator s_mulTensor = new("aten::mul.Tensor");
    static readonly Operator s_mulScalar = new("aten::mul.Scalar");
    static readonly Operator s_divTensor = new("aten::div.Tensor");
    static readonly Operator s_divScalar = new("aten::div.Scalar");
    static readonly Operator s_rsubScalar = new("aten::rsub.Scalar");
    static readonly Operator s_floorDivide = new("aten::floor_divide");
    static readonly Operator s_floorDivideScalar = new("aten::floor_divide.Scalar");
    static readonly Operator s_remainderScalar = new("aten::remainder.Scalar");
    static readonly Operator s_neg = new("aten::neg");
    static readonly Operator s_powTensorScalar = new("aten::pow.Tensor_Scalar");
    static readonly Operator s_powTensorTensor = new("aten::pow.Tensor_Tensor");
    static readonly Operator s_matmul = new("aten::matmul");
    static readonly Operator s_mm = new("aten::mm");
    static readonly Operator s_bmm = new("aten::bmm");
    static readonly Operator s_addmm = new("aten::addmm");
    static readonly Operator s_baddbmm = new("aten::baddbmm");
    static readonly Operator s_addcmul = new("aten::addcmul");
    static readonly Operator s_addcdiv = new("aten::addcdiv");
    static readonly Operator s_lerpScalar = new("aten::lerp.Scalar");
    static readonly Operator s_lerpTensor = new("aten::lerp.Tensor");
    static readonly Operator s_maximum = new("aten::maximum");
    static readonly Operator s_minimum = new("aten::minimum");
    static readonly Operator s_clamp = new("aten::clamp");

    public Tensor add(Tensor other, Scalar? alpha = null) => s_addTensor.Call(this, other, alpha);

    public Tensor add(Scalar other) => s_addScalar.Call(this, other);

    public Tensor sub(Tensor other, Scalar? alpha = null) => s_subTensor.Call(this, other, alpha);

    public Tensor sub(Scalar other) => s_subScalar.Call(this, other);

    public Tensor mul(Tensor other) => s_mulTensor.Call(this, other);

    public Tensor mul(Scalar other) => s_mulScalar.Call(this, other);

    public Tensor div(Tensor other) => s_divTensor.Call(this, other);

    public Tensor div(Scalar other) => s_divScalar.Call(this, other);

    public Tensor rsub(Scalar other) => s_rsubScalar.Call(this, other);

    public Tensor floor_divide(Tensor other) => s_floorDivide.Call(this, other);

    public Tensor floor_divide(Scalar other) => s_floorDivideScalar.Call(this, other);

    public Tensor remainder(Scalar other) => s_remainderScalar.Call(this, other);

    public Tensor neg() => s_neg.Call(this);

    public Tensor pow(Scalar exponent) => s_powTensorScalar.Call(this, exponent);

    public Tensor pow(Tensor exponent) => s_powTensorTensor.Call(this, exponent);

    public Tensor matmul(Tensor other) => s_matmul.Call(this, other);

    public Tensor mm(Tensor other) => s_mm.Call(this, other);

    public Tensor bmm(Tensor other) => s_bmm.Call(this, other);

    public Tensor addmm(Tensor mat1, Tensor mat2, Scalar? beta = null, Scalar? alpha = null) => s_addmm.Call(this, mat1, mat2, beta, alpha);

    public Tensor baddbmm(Tensor batch1, Tensor batch2, Scalar? beta = null, Scalar? alpha = null)
        => s_baddbmm.Call(this, batch1, batch2, beta, alpha);

    public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar? value = null) => s_addcmul.Call(this, tensor1, tensor2, value);

    public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar? value = null) => s_addcdiv.Call(this, tensor1, tensor2, value);

    public Tensor lerp(Tensor end, Scalar weight) => s_lerpScalar.Call(this, end, weight);

    public Tensor lerp(Tensor end, Tensor weight) => s_lerpTensor.Call(this, end, weight);

    public Tensor maximum(Tensor other) => s_maximum.Call(this, other);

    public Tensor minimum(Tensor other) => s_minimum.Call(this, other);

    public Tensor clamp(Scalar? min = null, Scalar? max = null) => s_clamp.Call(this, min, max);

    public static Tensor operator +(Tensor left, Tensor right) => left.add(right);

    public static Tensor operator +(Tensor left, Scalar right) => left.add(right);

    public static Tensor operator +(Scalar left, Tensor right) => right.add(left);

    public static Tensor operator -(Tensor left, Tensor right) => left.sub(right);

    public static Tensor operator -(Tensor left, Scalar right) => left.sub(right);

    public static Tensor operator -(Scalar left, Tensor right) => right.rsub(left);

    public static Tensor operator *(Tensor left, Tensor right) => left.mul(right);

    public static Tensor operator *(Tensor left, Scalar right) => left.mul(right);

    public static Tensor operator *(Scalar left, Tensor right) => right.mul(left);

    public static Tensor operator /(Tensor left, Tensor right) => left.div(right);

    public static Tensor operator /(Tensor left, Scalar right) => left.div(right);

    public static Tensor operator /(Scalar left, Tensor right)
    {
        using var reciprocal = right.reciprocal();
        return reciprocal.mul(left);
    }

    public static Tensor operator -(Tensor value) => value.neg();
}
