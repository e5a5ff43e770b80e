using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Kernels;
using Ckpt.Kit;
using Ckpt.Torch;
using Ckpt.Trainer.Modeling.Functions;
using Ckpt.Trainer.Modeling.Kernels;
using Xunit;
using static Ckpt.Torch.torch;

namespace Ckpt.TrainerTests.Modeling;

/// <summary>Kernels against the same formulas composed of LibTorch's operators, gradients by its autograd.</summary>
[Collection(OneAtATime.Name)]
public sealed class KernelTests
{
    [TorchTheory]
    [InlineData(5, 3, 0f)]
    [InlineData(7, 64, 1f)]
    [InlineData(600, 101, 0f)]
    [Clause("MOD-3.5")]
    public void TheNormIsComposedOfOperators(int rows, int width, float shift) => Compare(
        [Drawn(rows, width), Drawn(width)],
        inputs => autograd.Apply(new RmsNormFunction(1e-6f, shift), inputs)[0],
        inputs => Norm(inputs[0], inputs[1].add(shift)));

    [TorchTheory]
    [InlineData(Activation.Silu, 4, 5)]
    [InlineData(Activation.Silu, 300, 67)]
    [InlineData(Activation.GeluTanh, 6, 24)]
    [InlineData(Activation.Gelu, 6, 24)]
    [InlineData(Activation.ClampedSwiGlu, 9, 17)]
    [Clause("MOD-3.5")]
    public void GatesAreComposedOfOperators(Activation activation, int rows, int width) => Compare(
        [Drawn(rows, 2 * width).mul(4)],
        inputs => autograd.Apply(new GateFunction(activation), inputs)[0],
        inputs =>
        {
            var (gate, up) = (inputs[0].narrow(1, 0, width), inputs[0].narrow(1, width, width));
            return activation switch
            {
                Activation.Silu => gate.silu().mul(up),
                Activation.GeluTanh => gate.gelu("tanh").mul(up),
                Activation.Gelu => gate.gelu().mul(up),
                _ => gate.clamp(max: 7).mul(gate.clamp(max: 7).mul(1.702).sigmoid()).mul(up.clamp(-7, 7).add(1)),
            };
        });

    [TorchTheory]
    [InlineData(true, false, 16)]
    [InlineData(false, false, 16)]
    [InlineData(true, true, 16)]
    [InlineData(true, false, 24)]
    [Clause("MOD-3.5")]
    public void QueriesKeysAndValuesAreComposedOfOperators(bool hasNorms, bool interleaved, int dim)
    {
        const int turned = 16;
        var shape = new QkvShape(2, 5, 2, 3, dim);
        var angles = new RotaryTable(new RotaryKind(10_000, turned, interleaved, null, 64, null), [0, 1, 2, 3, 7], "test");
        Tensor[] inputs = hasNorms ? [Drawn((int)shape.Rows, shape.Width), Drawn(dim), Drawn(dim)] : [Drawn((int)shape.Rows, shape.Width)];
        Compare(inputs, given => Joined(autograd.Apply(new QkvFunction(shape, angles, 1e-6f, 0), given)), given =>
        {
            var grouped = given[0].view(2, 5, 2, 5, dim);
            var queries = grouped.narrow(3, 0, 3).reshape(2, 5, 6, dim);
            var keys = grouped.select(3, 3);
            if (hasNorms) { (queries, keys) = (Norm(queries, given[1]), Norm(keys, given[2])); }
            return Joined([Turned(queries, angles, interleaved), Turned(keys, angles, interleaved), grouped.select(3, 4).transpose(1, 2)]);
        });

        static Tensor Joined(Tensor[] parts) => cat([.. parts.Select(static part => part.reshape(-1))]);
    }

    [TorchFact]
    [Clause("MOD-3.5")]
    public void RowsAreGatheredAndWeighedAsByOperators()
    {
        int[] order = [2, 0, 0, 3, 2, 1];
        int[] slots = [1, 4, 0, 5, 3, 2];
        Compare([Drawn(4, 9)], inputs => autograd.Apply(new RowGatherFunction(new RowGather(order, 4)), inputs)[0],
            inputs => inputs[0].index_select(0, tensor(Array.ConvertAll(order, static row => (long)row))));
        Compare([Drawn(6, 9), Drawn(3, 2)], inputs => autograd.Apply(new WeightedRowsFunction(slots, 2), inputs)[0],
            inputs => inputs[0].index_select(0, tensor(Array.ConvertAll(slots, static row => (long)row))).view(3, 2, 9).mul(inputs[1].unsqueeze(2)).sum(1), weightsAreSingle: true);
    }

    static Tensor Norm(Tensor rows, Tensor weight) => rows.mul(rows.square().mean(-1, keepdim: true).add(1e-6).rsqrt()).mul(weight);

    // [b, s, heads, d] → [b, heads, s, d], the first 16 elements turned.
    static Tensor Turned(Tensor heads, RotaryTable angles, bool interleaved)
    {
        Tensor Table(Func<long, ReadOnlyMemory<float>> row) => tensor(Enumerable.Range(0, 5).SelectMany(i => row(i).ToArray()).ToArray(), [1, 5, 1, 8]);
        var (cosines, sines) = (Table(row => angles.Cosines(row).ToArray()), Table(row => angles.Sines(row).ToArray()));
        var pairs = interleaved ? heads.narrow(3, 0, 16).reshape(heads.size(0), 5, -1, 8, 2) : heads.narrow(3, 0, 16).reshape(heads.size(0), 5, -1, 2, 8).transpose(3, 4);
        var (a, b) = (pairs.select(4, 0), pairs.select(4, 1));
        var turned = stack([a * cosines - b * sines, b * cosines + a * sines], 4);
        turned = interleaved ? turned : turned.transpose(3, 4);
        return cat([turned.reshape(heads.size(0), 5, -1, 16), heads.narrow(3, 16, heads.size(3) - 16)], 3).transpose(1, 2);
    }

    static Tensor Drawn(params int[] shape)
    {
        manual_seed(shape.Sum() + 11);
        return randn(Array.ConvertAll(shape, static size => (long)size));
    }

    static void Compare(Tensor[] inputs, Func<Tensor[], Tensor> kernel, Func<Tensor[], Tensor> composed, bool weightsAreSingle = false)
    {
        foreach (var (type, bound) in new[] { (ScalarType.Float32, 2e-5), (ScalarType.BFloat16, 4e-2) })
        {
            using var scope = NewDisposeScope();
            // Values that bfloat16 has, so that only the computing differs.
            var given = Array.ConvertAll(inputs, input => input.to(ScalarType.BFloat16).to(ScalarType.Float32));
            var (found, foundBy) = Run(kernel, [.. given.Select((input, at) => input.to(weightsAreSingle && at == 1 ? ScalarType.Float32 : type, copy: true).requires_grad_())]);
            var (expected, expectedBy) = Run(composed, Array.ConvertAll(given, static input => input.clone().requires_grad_()));
            Near(expected, found, bound);
            for (var i = 0; i < inputs.Length; i++) { Near(expectedBy[i], foundBy[i], bound); }
        }

        static (Tensor Value, Tensor[] Gradients) Run(Func<Tensor[], Tensor> function, Tensor[] inputs)
        {
            var value = function(inputs);
            manual_seed(3);
            value.backward(randn(value.shape).to(value.dtype));
            return (value.detach(), Array.ConvertAll(inputs, static input => input.grad!));
        }

        static void Near(Tensor expected, Tensor found, double bound)
        {
            var scale = Math.Max(1, expected.abs().max().item<double>());
            Assert.Equal(0, (expected - found.to(ScalarType.Float32)).abs().max().item<double>() / scale, bound);
        }
    }
}
