namespace Ckpt.Torch;

public sealed partial class Tensor
{
    static readonly Operator s_maxDim = new("aten::max.dim");
    static readonly Operator s_minDim = new("aten::min.dim");
    static readonly Operator s_topk = new("aten::topk");
    static readonly Operator s_sort = new("aten::sort");
    static readonly Operator s_linalgVectorNorm = new("aten::linalg_vector_norm");
    static readonly Operator s_sum = new("aten::sum");
    static readonly Operator s_sumDimIntList = new("aten::sum.dim_IntList");
    static readonly Operator s_mean = new("aten::mean");
    static readonly Operator s_meanDim = new("aten::mean.dim");
    static readonly Operator s_prodDimInt = new("aten::prod.dim_int");
    static readonly Operator s_std = new("aten::std");
    static readonly Operator s_var = new("aten::var");
    static readonly Operator s_varDim = new("aten::var.dim");
    static readonly Operator s_max = new("aten::max");
    static readonly Operator s_min = new("aten::min");
    static readonly Operator s_amax = new("aten::amax");
    static readonly Operator s_amin = new("aten::amin");
    static readonly Operator s_argmax = new("aten::argmax");
    static readonly Operator s_argmin = new("aten::argmin");
    static readonly Operator s_logsumexp = new("aten::logsumexp");
    static readonly Operator s_all = new("aten::all");
    static readonly Operator s_any = new("aten::any");
    static readonly Operator s_allDim = new("aten::all.dim");
    static readonly Operator s_anyDim = new("aten::any.dim");
    static readonly Operator s_argsort = new("aten::argsort");
    static readonly Operator s_bincount = new("aten::bincount");

    public Tensor sum(ScalarType? dtype = null) => s_sum.Call(this, dtype);

    // For ints and longs, so that neither 0 is taken for the type whose number it is.
    public Tensor sum(int dim, bool keepdim = false, ScalarType? dtype = null) => s_sumDimIntList.Call(this, dim, keepdim, dtype);

    public Tensor sum(long dim, bool keepdim = false, ScalarType? dtype = null) => s_sumDimIntList.Call(this, dim, keepdim, dtype);

    public Tensor sum(long[] dim, bool keepdim = false, ScalarType? dtype = null) => s_sumDimIntList.Call(this, dim, keepdim, dtype);

    public Tensor mean(ScalarType? dtype = null) => s_mean.Call(this, dtype);

    public Tensor mean(int dim, bool keepdim = false, ScalarType? dtype = null) => s_meanDim.Call(this, dim, keepdim, dtype);

    public Tensor mean(long dim, bool keepdim = false, ScalarType? dtype = null) => s_meanDim.Call(this, dim, keepdim, dtype);

    public Tensor mean(long[] dim, bool keepdim = false, ScalarType? dtype = null) => s_meanDim.Call(this, dim, keepdim, dtype);

    public Tensor prod(long dim, bool keepdim = false, ScalarType? dtype = null) => s_prodDimInt.Call(this, dim, keepdim, dtype);

    public Tensor std(bool unbiased = true) => s_std.Call(this, unbiased);

    public Tensor var(bool unbiased = true) => s_var.Call(this, unbiased);

    public Tensor var(long[] dim, bool unbiased = true, bool keepdim = false) => s_varDim.Call(this, dim, unbiased, keepdim);

    public Tensor max() => s_max.Call(this);

    public Tensor min() => s_min.Call(this);

    /// <summary>The greatest along a dimension, and where they are.</summary>
    public (Tensor values, Tensor indices) max(long dim, bool keepdim = false) => Pair(s_maxDim.CallMany(this, dim, keepdim));

    /// <summary>The least along a dimension, and where they are.</summary>
    public (Tensor values, Tensor indices) min(long dim, bool keepdim = false) => Pair(s_minDim.CallMany(this, dim, keepdim));

    public Tensor amax(long[] dim, bool keepdim = false) => s_amax.Call(this, dim, keepdim);

    public Tensor amin(long[] dim, bool keepdim = false) => s_amin.Call(this, dim, keepdim);

    public Tensor argmax(long? dim = null, bool keepdim = false) => s_argmax.Call(this, dim, keepdim);

    public Tensor argmin(long? dim = null, bool keepdim = false) => s_argmin.Call(this, dim, keepdim);

    public Tensor logsumexp(long dim, bool keepdim = false) => s_logsumexp.Call(this, dim, keepdim);

    /// <summary>The norm of all elements, or along dimensions, added up in <paramref name="dtype"/>.</summary>
    public Tensor norm(double p = 2, long[]? dim = null, bool keepdim = false, ScalarType? dtype = null) => s_linalgVectorNorm.Call(this, p, dim, keepdim, dtype);

    public Tensor all() => s_all.Call(this);

    public Tensor any() => s_any.Call(this);

    public Tensor all(long dim, bool keepdim = false) => s_allDim.Call(this, dim, keepdim);

    public Tensor any(long dim, bool keepdim = false) => s_anyDim.Call(this, dim, keepdim);

    /// <summary>The k greatest (or least) along a dimension, and where they are.</summary>
    public (Tensor values, Tensor indices) topk(long k, long dim = -1, bool largest = true, bool sorted = true)
        => Pair(s_topk.CallMany(this, k, dim, largest, sorted));

    public (Tensor values, Tensor indices) sort(long dim = -1, bool descending = false) => Pair(s_sort.CallMany(this, dim, descending));

    public Tensor argsort(long dim = -1, bool descending = false) => s_argsort.Call(this, dim, descending);

    public Tensor bincount(Tensor? weights = null, long minlength = 0) => s_bincount.Call(this, weights, minlength);

    static (Tensor, Tensor) Pair(Tensor[] tensors) => (tensors[0], tensors[1]);
}
