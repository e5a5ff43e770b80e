using System.Reflection;
using Ckpt.Torch;
using Xunit;
using static Ckpt.Torch.torch;
using static Ckpt.Torch.torch.nn;

namespace Ckpt.TorchTests;

/// <summary>
/// Every operator of the face, once, against arithmetic: a wrong name or argument is not found by a compiler. The last test asks that none
/// was left out.
/// </summary>
[NoLeaks]
[TestCaseOrderer("Ckpt.TorchTests.ByName", "TorchTests")]
public sealed class FaceTests
{
    const float E = 2.7182818f;

    [TorchFact]
    public void Arithmetic()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (tensor([1f, 2, 3]), tensor([4f, 6, 8]));
        var m = tensor([1f, 2, 3, 4], [2, 2]);
        Is(a + b, 5, 8, 11);
        Is(a.add(b, 2), 9, 14, 19);
        Is(a + 1, 2, 3, 4);
        Is(1.5 + a, 2.5f, 3.5f, 4.5f);
        Is(b - a, 3, 4, 5);
        Is(a.sub(b, 0.5), -1, -1, -1);
        Is(a - 1, 0, 1, 2);
        Is(1 - a, 0, -1, -2);
        Is(a * b, 4, 12, 24);
        Is(a * 2, 2, 4, 6);
        Is(2 * a, 2, 4, 6);
        Is(b / a, 4, 3, 8f / 3);
        Is(b / 2, 2, 3, 4);
        Is(6 / a, 6, 3, 2);
        Is(-a, -1, -2, -3);
        Is(b.floor_divide(a), 4, 3, 2);
        Is(b.floor_divide(3), 1, 2, 2);
        Is(b.remainder(5), 4, 1, 3);
        Is(a.pow(2), 1, 4, 9);
        Is(a.pow(a), 1, 4, 27);
        Is(m.matmul(m), 7, 10, 15, 22);
        Is(matmul(m, m), 7, 10, 15, 22);
        Is(m.mm(m), 7, 10, 15, 22);
        Is(mm(m, m), 7, 10, 15, 22);
        Is(m.unsqueeze(0).bmm(m.unsqueeze(0)), 7, 10, 15, 22);
        Is(bmm(m.unsqueeze(0), m.unsqueeze(0)), 7, 10, 15, 22);
        Is(m.addmm(m, m, beta: 10, alpha: 2), 24, 40, 60, 84);
        Is(m.unsqueeze(0).baddbmm(m.unsqueeze(0), m.unsqueeze(0)), 8, 12, 18, 26);
        Is(a.addcmul(b, b, 0.5), 9, 20, 35);
        Is(a.addcdiv(b, a, 2), 9, 8, 3 + (16f / 3));
        Is(a.lerp(b, 0.5), 2.5f, 4, 5.5f);
        Is(a.lerp(b, tensor([0f, 1, 0.5f])), 1, 6, 5.5f);
        Is(a.maximum(tensor([2f, 2, 2])), 2, 2, 3);
        Is(maximum(a, tensor([2f, 2, 2])), 2, 2, 3);
        Is(a.minimum(tensor([2f, 2, 2])), 1, 2, 2);
        Is(minimum(a, tensor([2f, 2, 2])), 1, 2, 2);
        Is(a.clamp(1.5, 2.5), 1.5f, 2, 2.5f);
        Is(a.clamp(max: 2), 1, 2, 2);
        Is(outer(a, tensor([1f, 10])), 1, 10, 2, 20, 3, 30);
        Is(einsum("ij,jk->ik", m, m), 7, 10, 15, 22);
    }

    [TorchFact]
    public void Comparison()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (tensor([1f, 2, 3]), tensor([3f, 2, 1]));
        var (t, f) = (tensor([true, true, false]), tensor([true, false, false]));
        Is(a.eq(b), 0, 1, 0);
        Is(a.eq(3), 0, 0, 1);
        Is(a.ne(b), 1, 0, 1);
        Is(a.ne(3), 1, 1, 0);
        Is(a < b, 1, 0, 0);
        Is(a < 2, 1, 0, 0);
        Is(a <= b, 1, 1, 0);
        Is(a <= 2, 1, 1, 0);
        Is(a > b, 0, 0, 1);
        Is(a > 2, 0, 0, 1);
        Is(a >= b, 0, 1, 1);
        Is(a >= 2, 0, 1, 1);
        Is(t.logical_and(f), 1, 0, 0);
        Is(t.logical_or(f), 1, 1, 0);
        Is(t.logical_xor(f), 0, 1, 0);
        Is(t.logical_not(), 0, 0, 1);
        Is(t & f, 1, 0, 0);
        Is(t | f, 1, 1, 0);
        Is(~t, 0, 0, 1);
        var odd = tensor([1f, float.NaN, float.PositiveInfinity]);
        Is(odd.isnan(), 0, 1, 0);
        Is(odd.isinf(), 0, 0, 1);
        Is(odd.isfinite(), 1, 0, 0);
        Assert.True(a.equal(a.clone()));
        Assert.False(a.equal(b));
        Assert.True(a.allclose(a + 1e-7));
        Assert.False(a.allclose(b));
    }

    [TorchFact]
    public void Conversions()
    {
        using var scope = NewDisposeScope();
        var a = tensor([1.7f, -2.2f]);
        Is(a.to(ScalarType.Int64), 1, -2);
        Assert.True(a.to(ScalarType.Float32).is_same(a));
        Assert.False(a.to(ScalarType.Float32, copy: true).is_same(a));
        Is(a.to(Device.CPU, ScalarType.Int32), 1, -2);
        Is(a.cpu(), 1.7f, -2.2f);
        Is(a.type_as(tensor(1)), 1, -2);
        Assert.Equal("meta", a.to("meta").device.ToString());
        Assert.Equal([2L], a.to("meta").shape);
    }

    [TorchFact]
    public void Factories()
    {
        using var scope = NewDisposeScope();
        Is(zeros([2]), 0, 0);
        Is(ones([2], ScalarType.Int32), 1, 1);
        Is(full([2], 7.5), 7.5f, 7.5f);
        Is(arange(3), 0, 1, 2);
        Assert.Equal(ScalarType.Int64, arange(3).dtype);
        Is(arange(1, 3), 1, 2);
        Is(arange(0, 1, 0.5), 0, 0.5f);
        Is(linspace(0, 1, 3), 0, 0.5f, 1);
        Is(eye(2), 1, 0, 0, 1);
        var a = tensor([1f, 2]);
        Is(zeros_like(a), 0, 0);
        Is(ones_like(a), 1, 1);
        Is(full_like(a, 3), 3, 3);
        Assert.Equal(ScalarType.BFloat16, empty_like(a, ScalarType.BFloat16).dtype);
        Assert.Equal([2L, 5], empty([2, 5]).shape);
        Assert.Equal([2L, 5], rand([2, 5]).shape);
        Assert.Equal([2L, 5], randn([2, 5], ScalarType.Float64).shape);
        Assert.Equal([2L], rand_like(a).shape);
        Assert.Equal([2L], randn_like(a).shape);
        Is(randint(5, 6, [2]), 5, 5);
        Is(randperm(1), 0);
        Is(tensor(2.5), 2.5f);
        Assert.Equal(ScalarType.Int64, tensor(2).dtype);
        Is(tensor([1, 2]), 1, 2);
        Is(tensor([1L, 2], ScalarType.BFloat16), 1, 2);
        Is(tensor([1.5, 2.5]), 1.5f, 2.5f);
        Is(tensor([(byte)1, (byte)2]), 1, 2);
        Is(tensor([true, false]), 1, 0);
        Is(cat([a, a]), 1, 2, 1, 2);
        Is(stack([a, a], 1), 1, 1, 2, 2);
        Is(where(tensor([true, false]), a, -a), 1, -2);
        Is(multinomial(tensor([0f, 1]), 1), 1);
        Is(searchsorted(tensor([1f, 3, 5]), tensor([0f, 3, 9])), 0, 1, 3);
    }

    [TorchFact]
    public void Functional()
    {
        using var scope = NewDisposeScope();
        var w = tensor([1f, 2, 3, 4, 5, 6], [3, 2]);
        Is(functional.embedding(tensor([2L, 0]), w), 5, 6, 1, 2);
        Is(functional.linear(tensor([1f, 10]), w, tensor([0f, 0, 1])), 21, 43, 66);
        Is(functional.layer_norm(tensor([1f, 3]), [2], eps: 0), -1, 1);
        Is(functional.layer_norm(tensor([1f, 3]), [2], tensor([2f, 2]), tensor([1f, 1]), 0), -1, 3);
        var logits = tensor([0f, 0, 0, 0], [2, 2]);
        Is(functional.cross_entropy(logits, tensor([0L, 1])), MathF.Log(2));
        Is(functional.cross_entropy(logits, tensor([0L, -100]), reduction: "none"), MathF.Log(2), 0);
        Is(functional.nll_loss(tensor([-1f, -2], [1, 2]), tensor([1L]), reduction: "sum"), 2);
        Is(functional.mse_loss(tensor([1f, 2]), tensor([3f, 2])), 2);
        Is(functional.binary_cross_entropy_with_logits(tensor([0f]), tensor([1f])), MathF.Log(2));
        Is(functional.logsigmoid(tensor([0f])), -MathF.Log(2));
        Is(functional.dropout(tensor([1f, 2]), 0.5, training: false), 1, 2);
        Is(functional.one_hot(tensor([1L]), 3), 0, 1, 0);
        Is(functional.pad(tensor([1f]), [1, 2], value: 9), 9, 1, 9, 9);
        Is(functional.relu(tensor([-1f, 1])), 0, 1);
        Is(functional.silu(tensor([0f])), 0);
        Is(functional.gelu(tensor([0f])), 0);
        Is(functional.softmax(tensor([0f, 0]), 0), 0.5f, 0.5f);
        Is(functional.log_softmax(tensor([0f, 0]), 0), -MathF.Log(2), -MathF.Log(2));
        Assert.Throws<ArgumentException>(() => functional.mse_loss(w, w, "most"));
        if (functional.has_scaled_dot_product_attention)
        {
            var q = tensor([1f, 0], [1, 1, 1, 2]);
            Is(functional.scaled_dot_product_attention(q, q, q), 1, 0);
            Is(functional.scaled_dot_product_attention(q, q, q, is_causal: true, scale: 1), 1, 0);
        }
    }

    [TorchFact]
    public void Indexing()
    {
        using var scope = NewDisposeScope();
        var m = tensor([1f, 2, 3, 4], [2, 2]);
        var rows = tensor([1L, 0]);
        var swap = tensor([1L, 0, 0, 1], [2, 2]);
        Is(m[1], 3, 4);
        Is(m.index_select(0, rows), 3, 4, 1, 2);
        Is(m.gather(1, swap), 2, 1, 3, 4);
        Is(m.scatter(1, swap, m), 2, 1, 3, 4);
        Is(m.scatter(1, tensor([0L, 1], [2, 1]), 9), 9, 2, 3, 9);
        Is(m.scatter_add(1, swap, m), 3, 3, 6, 8);
        Is(m.index_add(0, rows, m, 10), 31, 42, 13, 24);
        Is(m.index_copy(0, rows, m), 3, 4, 1, 2);
        Is(m.index(rows, rows), 4, 1);
        Is(m.index(null, tensor([1L])), 2, 4);
        var mask = m > 2;
        Is(m.masked_fill(mask, 0), 1, 2, 0, 0);
        Is(m.masked_fill(mask, tensor(5f)), 1, 2, 5, 5);
        Is(m.masked_select(mask), 3, 4);
        Is(mask.nonzero(), 1, 0, 1, 1);
        Is(m.clone().scatter_(1, swap, m), 2, 1, 3, 4);
        Is(m.clone().scatter_(1, tensor([0L, 1], [2, 1]), 9), 9, 2, 3, 9);
        Is(m.clone().scatter_add_(1, swap, m), 3, 3, 6, 8);
        Is(m.clone().index_add_(0, rows, m), 4, 6, 4, 6);
        Is(m.clone().index_copy_(0, rows, m), 3, 4, 1, 2);
        Is(m.clone().index_put_([rows, rows], tensor([7f, 8])), 8, 2, 3, 7);
        Is(m.clone().index_put_([tensor([0L, 0]), tensor([0L, 0])], tensor([7f, 8]), accumulate: true), 16, 2, 3, 4);
        Is(m.clone().masked_fill_(mask, 0), 1, 2, 0, 0);
    }

    [TorchFact]
    public void InPlace()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (tensor([1f, 4]), tensor([2f, 8]));
        Tensor A() => a.clone();
        Is(A().add_(b, 2), 5, 20);
        Is(A().add_(1), 2, 5);
        Is(A().sub_(b), -1, -4);
        Is(A().sub_(1), 0, 3);
        Is(A().mul_(b), 2, 32);
        Is(A().mul_(3), 3, 12);
        Is(A().div_(b), 0.5f, 0.5f);
        Is(A().div_(2), 0.5f, 2);
        Is(A().addcmul_(b, b, 2), 9, 132);
        Is(A().addcdiv_(b, a), 3, 6);
        Is(tensor([1f], [1, 1]).addmm_(tensor([2f], [1, 1]), tensor([3f], [1, 1]), 10, 2), 22);
        Is(A().lerp_(b, 0.5), 1.5f, 6);
        Is(A().pow_(2), 1, 16);
        Is(A().clamp_(2, 3), 2, 3);
        Is(A().copy_(b), 2, 8);
        Is(A().zero_(), 0, 0);
        Is(A().fill_(5), 5, 5);
        Is(A().neg_(), -1, -4);
        Is(zeros([1]).exp_(), 1);
        Is(A().sqrt_(), 1, 2);
        Is(A().rsqrt_(), 1, 0.5f);
        Is(A().reciprocal_(), 1, 0.25f);
        Is(zeros([1]).sigmoid_(), 0.5f);
        Is(tensor([-1f, 1]).relu_(), 0, 1);
        Is(zeros([1]).silu_(), 0);
        Is(zeros([2]).normal_(3, 0), 3, 3);
        Is(zeros([2]).bernoulli_(1), 1, 1);
        var drawn = zeros([100]).uniform_(2, 3);
        Is((drawn >= 2).logical_and(drawn < 3).all(), 1);
        var same = a.clone();
        Assert.Same(same, same.add_(1));
    }

    [TorchFact]
    public void Pointwise()
    {
        using var scope = NewDisposeScope();
        Is(tensor([0f, 1]).exp(), 1, E);
        Is(exp(tensor([0f])), 1);
        Is(tensor([0f]).expm1(), 0);
        Is(tensor([1f, E]).log(), 0, 1);
        Is(log(tensor([1f])), 0);
        Is(tensor([0f]).log1p(), 0);
        Is(tensor([8f]).log2(), 3);
        Is(tensor([9f]).sqrt(), 3);
        Is(sqrt(tensor([9f])), 3);
        Is(tensor([4f]).rsqrt(), 0.5f);
        Is(rsqrt(tensor([4f])), 0.5f);
        Is(tensor([-3f]).square(), 9);
        Is(tensor([-3f]).abs(), 3);
        Is(tensor([-3f]).sign(), -1);
        Is(tensor([0f]).sin(), 0);
        Is(tensor([0f]).cos(), 1);
        Is(tensor([0f]).tanh(), 0);
        Is(tanh(tensor([0f])), 0);
        Is(tensor([0f]).sigmoid(), 0.5f);
        Is(sigmoid(tensor([0f])), 0.5f);
        Is(tensor([-1f, 2]).relu(), 0, 2);
        Is(tensor([1f]).silu(), 1 / (1 + (1 / E)));
        Is(tensor([0f]).erf(), 0);
        Is(tensor([4f]).reciprocal(), 0.25f);
        Is(tensor([-1.5f]).floor(), -2);
        Is(tensor([-1.5f]).ceil(), -1);
        Is(tensor([2.5f]).round(), 2);
        Is(tensor([-1.5f]).trunc(), -1);
        Is(tensor([1f]).gelu(), 0.8413447f);
        Is(tensor([1f]).gelu("tanh"), 0.8411920f);
        Is(tensor([0f]).softplus(), MathF.Log(2));
        Is(tensor([0f, 0]).softmax(-1), 0.5f, 0.5f);
        Is(softmax(tensor([0f, 0]), -1, ScalarType.Float64), 0.5f, 0.5f);
        Is(tensor([0f, 0]).log_softmax(-1), -MathF.Log(2), -MathF.Log(2));
        Is(log_softmax(tensor([0f, 0]), -1), -MathF.Log(2), -MathF.Log(2));
        Is(tensor([1f, 2, 3]).cumsum(0), 1, 3, 6);
        Is(ones([2, 2]).tril(), 1, 0, 1, 1);
        Is(ones([2, 2]).triu(1), 0, 1, 0, 0);
    }

    [TorchFact]
    public void Reductions()
    {
        using var scope = NewDisposeScope();
        var m = tensor([1f, 2, 3, 4], [2, 2]);
        Is(m.sum(), 10);
        Is(sum(m), 10);
        Assert.Equal(ScalarType.Float64, m.sum(ScalarType.Float64).dtype);
        Is(m.sum(0), 4, 6);
        Is(m.sum(0L), 4, 6);
        Is(m.mean(0), 2, 3);
        Is(m.mean(0L), 2, 3);
        Is(m.sum([0, 1], keepdim: true), 10);
        Is(m.mean(), 2.5f);
        Is(mean(m), 2.5f);
        Is(m.mean(-1), 1.5f, 3.5f);
        Is(m.mean([0], keepdim: true, ScalarType.Float64), 2, 3);
        Is(m.prod(0), 3, 8);
        Is(m.std(), MathF.Sqrt(5f / 3));
        Is(m.var(), 5f / 3);
        Is(m.var([1], unbiased: false), 0.25f, 0.25f);
        Is(m.max(), 4);
        Is(m.min(), 1);
        Is(m.max(1).values, 2, 4);
        Is(m.max(1).indices, 1, 1);
        Is(m.min(0).values, 1, 2);
        Is(m.min(0, keepdim: true).indices, 0, 0);
        Is(m.amax([0]), 3, 4);
        Is(m.amin([0, 1]), 1);
        Is(m.argmax(), 3);
        Is(m.argmax(0), 1, 1);
        Is(m.argmin(1), 0, 0);
        Is(tensor([0f, 0]).logsumexp(0), MathF.Log(2));
        Is(tensor([3f, 4]).norm(), 5);
        Is(m.norm(1, [0]), 4, 6);
        Is((m > 1).all(), 0);
        Is((m > 1).any(), 1);
        Is((m > 1).all(1), 0, 1);
        Is((m > 2).any(1), 0, 1);
        Is(m.topk(1).values, 2, 4);
        Is(m.topk(1, 0, largest: false).indices, 0, 0);
        Is(m.sort(1, descending: true).values, 2, 1, 4, 3);
        Is(m.argsort(1, descending: true), 1, 0, 1, 0);
        Is(tensor([1L, 1, 3]).bincount(minlength: 5), 0, 2, 0, 1, 0);
    }

    [TorchFact]
    public void Views()
    {
        using var scope = NewDisposeScope();
        var m = tensor([1f, 2, 3, 4, 5, 6], [2, 3]);
        Assert.Equal([3L, 2], m.view(3, 2).shape);
        Assert.Equal([6L], m.view_as(zeros([6])).shape);
        Assert.Equal([2L, 6], m.view(ScalarType.Int16).shape);
        Assert.Equal([6L], m.t().reshape(-1).shape);
        Assert.Equal([6L], m.flatten().shape);
        Is(m.transpose(0, 1), 1, 4, 2, 5, 3, 6);
        Is(m.permute(1, 0), 1, 4, 2, 5, 3, 6);
        Is(m.t(), 1, 4, 2, 5, 3, 6);
        Assert.Equal([1L, 2, 3], m.unsqueeze(0).shape);
        Assert.Equal([2L, 3], m.unsqueeze(0).squeeze().shape);
        Assert.Equal([2L, 3], m.unsqueeze(1).squeeze(1).shape);
        Assert.Equal([2L, 2, 3], m.expand(2, 2, 3).shape);
        Assert.Equal([2L, 3], m[0].expand_as(m).shape);
        Is(m.narrow(1, 1, 1), 2, 5);
        Is(m.slice(1, 0, null, 2), 1, 3, 4, 6);
        Is(m.slice(0, 1), 4, 5, 6);
        Is(m.select(1, -1), 3, 6);
        Assert.Equal([2L, 1], m.chunk(2, 1)[1].shape);
        Is(m.split(2, 1)[0], 1, 2, 4, 5);
        Is(m.split([1, 2], 1)[1], 2, 3, 5, 6);
        Is(m.unbind()[1], 4, 5, 6);
        Is(m[0].repeat(2), 1, 2, 3, 1, 2, 3);
        Is(m[0].repeat_interleave(2), 1, 1, 2, 2, 3, 3);
        Is(m[0].roll(1, 0), 3, 1, 2);
        Is(m[0].flip(0), 3, 2, 1);
        Assert.True(m.t().contiguous().is_contiguous());
        Assert.NotEqual(m.data_ptr(), m.clone().data_ptr());
        Assert.Equal(m.data_ptr(), m.detach().data_ptr());
        Assert.True(m.alias().is_same(m));
        Assert.Equal(3, m.stride(0));
        Assert.Equal(3, m.size(-1));
    }

    [TorchFact]
    public void ZNoneWasLeftOut()
    {
        var unused = typeof(Tensor).Assembly.GetTypes()
            .SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public))
            .Where(f => f.FieldType == typeof(Operator))
            .Select(f => (Operator)f.GetValue(null)!)
            .Where(o => !o.WasUsed && o.Exists);
        Assert.Empty(unused.Select(o => o.Name));
    }

    static void Is(Tensor actual, params float[] expected)
    {
        var found = actual.to(ScalarType.Float32).ToArray<float>();
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++) { Assert.Equal(expected[i], found[i], 1e-6f * MathF.Max(1, MathF.Abs(expected[i]))); }
    }
}
