namespace Ckpt.Torch;

public sealed partial class Tensor
{
    static readonly Operator s_indexTensor = new("aten::index.Tensor");
    static readonly Operator s_indexSelect = new("aten::index_select");
    static readonly Operator s_gather = new("aten::gather");
    static readonly Operator s_scatterSrc = new("aten::scatter.src");
    static readonly Operator s_scatterValue = new("aten::scatter.value");
    static readonly Operator s_scatterAdd = new("aten::scatter_add");
    static readonly Operator s_indexAdd = new("aten::index_add");
    static readonly Operator s_indexCopy = new("aten::index_copy");
    static readonly Operator s_maskedFillScalar = new("aten::masked_fill.Scalar");
    static readonly Operator s_maskedFillTensor = new("aten::masked_fill.Tensor");
    static readonly Operator s_maskedSelect = new("aten::masked_select");
    static readonly Operator s_nonzero = new("aten::nonzero");
    static readonly Operator s_scatterInPlaceSrc = new("aten::scatter_.src");
    static readonly Operator s_scatterInPlaceValue = new("aten::scatter_.value");
    static readonly Operator s_scatterAddInPlace = new("aten::scatter_add_");
    static readonly Operator s_indexAddInPlace = new("aten::index_add_");
    static readonly Operator s_indexCopyInPlace = new("aten::index_copy_");
    static readonly Operator s_indexPutInPlace = new("aten::index_put_");
    static readonly Operator s_maskedFillInPlaceScalar = new("aten::masked_fill_.Scalar");

    /// <summary>What lies at one place of the first dimension.</summary>
    public Tensor this[long index] => select(0, index);

    public Tensor index_select(long dim, Tensor index) => s_indexSelect.Call(this, dim, index);

    public Tensor gather(long dim, Tensor index) => s_gather.Call(this, dim, index);

    public Tensor scatter(long dim, Tensor index, Tensor src) => s_scatterSrc.Call(this, dim, index, src);

    public Tensor scatter(long dim, Tensor index, Scalar value) => s_scatterValue.Call(this, dim, index, value);

    public Tensor scatter_add(long dim, Tensor index, Tensor src) => s_scatterAdd.Call(this, dim, index, src);

    public Tensor index_add(long dim, Tensor index, Tensor source, Scalar? alpha = null) => s_indexAdd.Call(this, dim, index, source, alpha);

    public Tensor index_copy(long dim, Tensor index, Tensor source) => s_indexCopy.Call(this, dim, index, source);

    /// <summary>The elements at the places the index tensors name together; null takes a whole dimension.</summary>
    public Tensor index(params Tensor?[] indices) => s_indexTensor.Call(this, indices);

    public Tensor masked_fill(Tensor mask, Scalar value) => s_maskedFillScalar.Call(this, mask, value);

    public Tensor masked_fill(Tensor mask, Tensor value) => s_maskedFillTensor.Call(this, mask, value);

    public Tensor masked_select(Tensor mask) => s_maskedSelect.Call(this, mask);

    public Tensor nonzero() => s_nonzero.Call(this);

    public Tensor scatter_(long dim, Tensor index, Tensor src)
    {
        s_scatterInPlaceSrc.Run(this, dim, index, src);
        return this;
    }

    public Tensor scatter_(long dim, Tensor index, Scalar value)
    {
        s_scatterInPlaceValue.Run(this, dim, index, value);
        return this;
    }

    public Tensor scatter_add_(long dim, Tensor index, Tensor src)
    {
        s_scatterAddInPlace.Run(this, dim, index, src);
        return this;
    }

    public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar? alpha = null)
    {
        s_indexAddInPlace.Run(this, dim, index, source, alpha);
        return this;
    }

    public Tensor index_copy_(long dim, Tensor index, Tensor source)
    {
        s_indexCopyInPlace.Run(this, dim, index, source);
        return this;
    }

    public Tensor index_put_(Tensor?[] indices, Tensor values, bool accumulate = false)
    {
        s_indexPutInPlace.Run(this, indices, values, accumulate);
        return this;
    }

    public Tensor masked_fill_(Tensor mask, Scalar value)
    {
        s_maskedFillInPlaceScalar.Run(this, mask, value);
        return this;
    }
}
