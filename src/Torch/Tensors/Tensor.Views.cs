namespace Ckpt.Torch;

public sealed partial class Tensor
{
    static readonly Operator s_view = new("aten::view");
    static readonly Operator s_viewDtype = new("aten::view.dtype");
    static readonly Operator s_reshape = new("aten::reshape");
    static readonly Operator s_flattenUsingInts = new("aten::flatten.using_ints");
    static readonly Operator s_transposeInt = new("aten::transpose.int");
    static readonly Operator s_permute = new("aten::permute");
    static readonly Operator s_t = new("aten::t");
    static readonly Operator s_squeeze = new("aten::squeeze");
    static readonly Operator s_squeezeDim = new("aten::squeeze.dim");
    static readonly Operator s_unsqueeze = new("aten::unsqueeze");
    static readonly Operator s_expand = new("aten::expand");
    static readonly Operator s_narrow = new("aten::narrow");
    static readonly Operator s_sliceTensor = new("aten::slice.Tensor");
    static readonly Operator s_selectInt = new("aten::select.int");
    static readonly Operator s_chunk = new("aten::chunk");
    static readonly Operator s_splitTensor = new("aten::split.Tensor");
    static readonly Operator s_splitWithSizes = new("aten::split_with_sizes");
    static readonly Operator s_unbindInt = new("aten::unbind.int");
    static readonly Operator s_repeat = new("aten::repeat");
    static readonly Operator s_repeatInterleaveSelfInt = new("aten::repeat_interleave.self_int");
    static readonly Operator s_roll = new("aten::roll");
    static readonly Operator s_flip = new("aten::flip");
    static readonly Operator s_contiguous = new("aten::contiguous");
    static readonly Operator s_clone = new("aten::clone");
    static readonly Operator s_detach = new("aten::detach");

    public Tensor view(params long[] shape) => s_view.Call(this, shape);

    public Tensor view(ScalarType dtype) => s_viewDtype.Call(this, dtype);

    public Tensor view_as(Tensor other) => view(other.shape);

    public Tensor reshape(params long[] shape) => s_reshape.Call(this, shape);

    public Tensor flatten(long start_dim = 0, long end_dim = -1) => s_flattenUsingInts.Call(this, start_dim, end_dim);

    public Tensor transpose(long dim0, long dim1) => s_transposeInt.Call(this, dim0, dim1);

    public Tensor permute(params long[] dims) => s_permute.Call(this, dims);

    public Tensor t() => s_t.Call(this);

    public Tensor squeeze() => s_squeeze.Call(this);

    public Tensor squeeze(long dim) => s_squeezeDim.Call(this, dim);

    public Tensor unsqueeze(long dim) => s_unsqueeze.Call(this, dim);

    public Tensor expand(params long[] size) => s_expand.Call(this, size);

    public Tensor expand_as(Tensor other) => expand(other.shape);

    public Tensor narrow(long dim, long start, long length) => s_narrow.Call(this, dim, start, length);

    public Tensor slice(long dim, long? start = null, long? end = null, long step = 1) => s_sliceTensor.Call(this, dim, start, end, step);

    public Tensor select(long dim, long index) => s_selectInt.Call(this, dim, index);

    public Tensor[] chunk(long chunks, long dim = 0) => s_chunk.CallMany(this, chunks, dim);

    public Tensor[] split(long split_size, long dim = 0) => s_splitTensor.CallMany(this, split_size, dim);

    public Tensor[] split(long[] split_sizes, long dim = 0) => s_splitWithSizes.CallMany(this, split_sizes, dim);

    public Tensor[] unbind(long dim = 0) => s_unbindInt.CallMany(this, dim);

    public Tensor repeat(params long[] repeats) => s_repeat.Call(this, repeats);

    public Tensor repeat_interleave(long repeats, long? dim = null) => s_repeatInterleaveSelfInt.Call(this, repeats, dim);

    public Tensor roll(long shifts, long dims) => s_roll.Call(this, shifts, dims);

    public Tensor flip(params long[] dims) => s_flip.Call(this, dims);

    public Tensor contiguous() => s_contiguous.Call(this);

    public Tensor clone() => s_clone.Call(this);

    public Tensor detach() => s_detach.Call(this);
}
