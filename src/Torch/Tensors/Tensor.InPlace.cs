namespace Ckpt.Torch;

public sealed partial class Tensor
{
    static readonly Operator s_addInPlaceTensor = new("aten::add_.Tensor");
    static readonly Operator s_addInPlaceScalar = new("aten::add_.Scalar");
    static readonly Operator s_subInPlaceTensor = new("aten::sub_.Tensor");
    static readonly Operator s_subInPlaceScalar = new("aten::sub_.Scalar");
    static readonly Operator s_mulInPlaceTensor = new("aten::mul_.Tensor");
    static readonly Operator s_mulInPlaceScalar = new("aten::mul_.Scalar");
    static readonly Operator s_divInPlaceTensor = new("aten::div_.Tensor");
    static readonly Operator s_divInPlaceScalar = new("aten::div_.Scalar");
    static readonly Operator s_addcmulInPlace = new("aten::addcmul_");
    static readonly Operator s_addcdivInPlace = new("aten::addcdiv_");
    static readonly Operator s_addmmInPlace = new("aten::addmm_");
    static readonly Operator s_lerpInPlaceScalar = new("aten::lerp_.Scalar");
    static readonly Operator s_powInPlaceScalar = new("aten::pow_.Scalar");
    static readonly Operator s_clampInPlace = new("aten::clamp_");
    static readonly Operator s_copyInPlace = new("aten::copy_");
    static readonly Operator s_zeroInPlace = new("aten::zero_");
    static readonly Operator s_fillInPlaceScalar = new("aten::fill_.Scalar");
    static readonly Operator s_negInPlace = new("aten::neg_");
    static readonly Operator s_expInPlace = new("aten::exp_");
    static readonly Operator s_sqrtInPlace = new("aten::sqrt_");
    static readonly Operator s_rsqrtInPlace = new("aten::rsqrt_");
    static readonly Operator s_reciprocalInPlace = new("aten::reciprocal_");
    static readonly Operator s_sigmoidInPlace = new("aten::sigmoid_");
    static readonly Operator s_reluInPlace = new("aten::relu_");
    static readonly Operator s_siluInPlace = new("aten::silu_");
    static readonly Operator s_normalInPlace = new("aten::normal_");
    static readonly Operator s_uniformInPlace = new("aten::uniform_");
    static readonly Operator s_bernoulliInPlaceFloat = new("aten::bernoulli_.float");

    public Tensor add_(Tensor other, Scalar? alpha = null)
    {
        s_addInPlaceTensor.Run(this, other, alpha);
        return this;
    }

    public Tensor add_(Scalar other)
    {
        s_addInPlaceScalar.Run(this, other);
        return this;
    }

    public Tensor sub_(Tensor other, Scalar? alpha = null)
    {
        s_subInPlaceTensor.Run(this, other, alpha);
        return this;
    }

    public Tensor sub_(Scalar other)
    {
        s_subInPlaceScalar.Run(this, other);
        return this;
    }

    public Tensor mul_(Tensor other)
    {
        s_mulInPlaceTensor.Run(this, other);
        return this;
    }

    public Tensor mul_(Scalar other)
    {
        s_mulInPlaceScalar.Run(this, other);
        return this;
    }

    public Tensor div_(Tensor other)
    {
        s_divInPlaceTensor.Run(this, other);
        return this;
    }

    public Tensor div_(Scalar other)
    {
        s_divInPlaceScalar.Run(this, other);
        return this;
    }

    public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar? value = null)
    {
        s_addcmulInPlace.Run(this, tensor1, tensor2, value);
        return this;
    }

    public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar? value = null)
    {
        s_addcdivInPlace.Run(this, tensor1, tensor2, value);
        return this;
    }

    public Tensor addmm_(Tensor mat1, Tensor mat2, Scalar? beta = null, Scalar? alpha = null)
    {
        s_addmmInPlace.Run(this, mat1, mat2, beta, alpha);
        return this;
    }

    public Tensor lerp_(Tensor end, Scalar weight)
    {
        s_lerpInPlaceScalar.Run(this, end, weight);
        return this;
    }

    public Tensor pow_(Scalar exponent)
    {
        s_powInPlaceScalar.Run(this, exponent);
        return this;
    }

    public Tensor clamp_(Scalar? min = null, Scalar? max = null)
    {
        s_clampInPlace.Run(this, min, max);
        return this;
    }

    public Tensor copy_(Tensor src, bool non_blocking = false)
    {
        s_copyInPlace.Run(this, src, non_blocking);
        return this;
    }

    public Tensor zero_()
    {
        s_zeroInPlace.Run(this);
        return this;
    }

    public Tensor fill_(Scalar value)
    {
        s_fillInPlaceScalar.Run(this, value);
        return this;
    }

    public Tensor neg_()
    {
        s_negInPlace.Run(this);
        return this;
    }

    public Tensor exp_()
    {
        s_expInPlace.Run(this);
        return this;
    }

    public Tensor sqrt_()
    {
        s_sqrtInPlace.Run(this);
        return this;
    }

    public Tensor rsqrt_()
    {
        s_rsqrtInPlace.Run(this);
        return this;
    }

    public Tensor reciprocal_()
    {
        s_reciprocalInPlace.Run(this);
        return this;
    }

    public Tensor sigmoid_()
    {
        s_sigmoidInPlace.Run(this);
        return this;
    }

    public Tensor relu_()
    {
        s_reluInPlace.Run(this);
        return this;
    }

    public Tensor silu_()
    {
        s_siluInPlace.Run(this);
        return this;
    }

    public Tensor normal_(double mean = 0, double std = 1)
    {
        s_normalInPlace.Run(this, mean, std);
        return this;
    }

    public Tensor uniform_(double from = 0, double to = 1)
    {
        s_uniformInPlace.Run(this, from, to);
        return this;
    }

    public Tensor bernoulli_(double p = 0.5)
    {
        s_bernoulliInPlaceFloat.Run(this, p);
        return this;
    }
}
