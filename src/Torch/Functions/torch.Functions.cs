namespace Ckpt.Torch;

public static partial class torch
{
    static readonly Operator s_einsum = new("aten::einsum");
    static readonly Operator s_cat = new("aten::cat");
    static readonly Operator s_stack = new("aten::stack");
    static readonly Operator s_whereSelf = new("aten::where.self");
    static readonly Operator s_outer = new("aten::outer");
    static readonly Operator s_multinomial = new("aten::multinomial");
    static readonly Operator s_searchsortedTensor = new("aten::searchsorted.Tensor");

    public static Tensor cat(Tensor[] tensors, long dim = 0) => s_cat.Call(tensors, dim);

    public static Tensor stack(Tensor[] tensors, long dim = 0) => s_stack.Call(tensors, dim);

    public static Tensor where(Tensor condition, Tensor input, Tensor other) => s_whereSelf.Call(condition, input, other);

    public static Tensor matmul(Tensor input, Tensor other) => input.matmul(other);

    public static Tensor mm(Tensor input, Tensor other) => input.mm(other);

    public static Tensor bmm(Tensor input, Tensor other) => input.bmm(other);

    public static Tensor outer(Tensor input, Tensor vec2) => s_outer.Call(input, vec2);

    /// <summary>Einstein's summation.</summary>
    public static Tensor einsum(string equation, params Tensor[] tensors) => s_einsum.Call(equation, tensors);

    public static Tensor maximum(Tensor input, Tensor other) => input.maximum(other);

    public static Tensor minimum(Tensor input, Tensor other) => input.minimum(other);

    public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

    public static Tensor log_softmax(Tensor input, long dim, ScalarType? dtype = null) => input.log_softmax(dim, dtype);

    public static Tensor exp(Tensor input) => input.exp();

    public static Tensor log(Tensor input) => input.log();

    public static Tensor sqrt(Tensor input) => input.sqrt();

    public static Tensor rsqrt(Tensor input) => input.rsqrt();

    public static Tensor sigmoid(Tensor input) => input.sigmoid();

    public static Tensor tanh(Tensor input) => input.tanh();

    public static Tensor sum(Tensor input) => input.sum();

    public static Tensor mean(Tensor input) => input.mean();

    public static Tensor multinomial(Tensor input, long num_samples, bool replacement = false) => s_multinomial.Call(input, num_samples, replacement);

    public static Tensor searchsorted(Tensor sorted_sequence, Tensor input, bool out_int32 = false, bool right = false)
        => s_searchsortedTensor.Call(sorted_sequence, input, out_int32, right);
}
