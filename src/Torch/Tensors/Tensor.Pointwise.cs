namespace Ckpt.Torch;

public sealed partial class Tensor
{
    static readonly Operator s_exp = new("aten::exp");
    static readonly Operator s_expm1 = new("aten::expm1");
    static readonly Operator s_log = new("aten::log");
    static readonly Operator s_log1p = new("aten::log1p");
    static readonly Operator s_log2 = new("aten::log2");
    static readonly Operator s_sqrt = new("aten::sqrt");
    static readonly Operator s_rsqrt = new("aten::rsqrt");
    static readonly Operator s_square = new("aten::square");
    static readonly Operator s_abs = new("aten::abs");
    static readonly Operator s_sign = new("aten::sign");
    static readonly Operator s_sin = new("aten::sin");
    static readonly Operator s_cos = new("aten::cos");
    static readonly Operator s_tanh = new("aten::tanh");
    static readonly Operator s_sigmoid = new("aten::sigmoid");
    static readonly Operator s_relu = new("aten::relu");
    static readonly Operator s_silu = new("aten::silu");
    static readonly Operator s_erf = new("aten::erf");
    static readonly Operator s_reciprocal = new("aten::reciprocal");
    static readonly Operator s_floor = new("aten::floor");
    static readonly Operator s_ceil = new("aten::ceil");
    static readonly Operator s_round = new("aten::round");
    static readonly Operator s_trunc = new("aten::trunc");
    static readonly Operator s_gelu = new("aten::gelu");
    static readonly Operator s_softplus = new("aten::softplus");
    static readonly Operator s_softmaxInt = new("aten::softmax.int");
    static readonly Operator s_logSoftmaxInt = new("aten::log_softmax.int");
    static readonly Operator s_cumsum = new("aten::cumsum");
    static readonly Operator s_tril = new("aten::tril");
    static readonly Operator s_triu = new("aten::triu");

    public Tensor exp() => s_exp.Call(this);

    public Tensor expm1() => s_expm1.Call(this);

    public Tensor log() => s_log.Call(this);

    public Tensor log1p() => s_log1p.Call(this);

    public Tensor log2() => s_log2.Call(this);

    public Tensor sqrt() => s_sqrt.Call(this);

    public Tensor rsqrt() => s_rsqrt.Call(this);

    public Tensor square() => s_square.Call(this);

    public Tensor abs() => s_abs.Call(this);

    public Tensor sign() => s_sign.Call(this);

    public Tensor sin() => s_sin.Call(this);

    public Tensor cos() => s_cos.Call(this);

    public Tensor tanh() => s_tanh.Call(this);

    public Tensor sigmoid() => s_sigmoid.Call(this);

    public Tensor relu() => s_relu.Call(this);

    public Tensor silu() => s_silu.Call(this);

    public Tensor erf() => s_erf.Call(this);

    public Tensor reciprocal() => s_reciprocal.Call(this);

    public Tensor floor() => s_floor.Call(this);

    public Tensor ceil() => s_ceil.Call(this);

    public Tensor round() => s_round.Call(this);

    public Tensor trunc() => s_trunc.Call(this);

    public Tensor gelu(string approximate = "none") => s_gelu.Call(this, approximate);

    public Tensor softplus(Scalar? beta = null, Scalar? threshold = null) => s_softplus.Call(this, beta, threshold);

    public Tensor softmax(long dim, ScalarType? dtype = null) => s_softmaxInt.Call(this, dim, dtype);

    public Tensor log_softmax(long dim, ScalarType? dtype = null) => s_logSoftmaxInt.Call(this, dim, dtype);

    public Tensor cumsum(long dim, ScalarType? dtype = null) => s_cumsum.Call(this, dim, dtype);

    public Tensor tril(long diagonal = 0) => s_tril.Call(this, diagonal);

    public Tensor triu(long diagonal = 0) => s_triu.Call(this, diagonal);
}
