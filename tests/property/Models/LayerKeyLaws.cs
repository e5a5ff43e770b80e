using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Kit;
using Ckpt.Models.Megatron;
using Ckpt.PropertyTests.Sharding;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Models;

public sealed class LayerKeyLaws
{
    [Fact, Clause("NAM-6.4")]
    public void StackingAndUnstackingGiveEveryTensorBack() => Law.Holds(
        from layers in Gen.Choose(1, 5)
        from rows in Gen.Choose(1, 4)
        from seed in Gen.Choose(0, 1 << 20)
        select (layers, rows, seed),
        c =>
        {
            using var folder = new TemporaryFolder();
            var source = new MemoryCheckpoint().Add("embedding.word_embeddings.weight", DType.F32, new Shape(c.rows, 2), Copying.Bytes(c.seed, c.rows * 8));
            for (var layer = 0; layer < c.layers; layer++)
            {
                source.Add($"decoder.layers.{layer}.norm.weight", DType.F32, new Shape(c.rows), Copying.Bytes(c.seed + layer, c.rows * 4));
                source.Add($"optimizer.state.exp_avg.decoder.layers.{layer}.experts.weight", DType.F32, new Shape(1, c.rows, 3), Copying.Bytes(c.seed + 9 + layer, c.rows * 12));
            }
            var map = LayerKeys.Stack([.. source.Tensors.Select(static t => new MappedTensor(t.Name, t.Shape))]);
            var names = new Dictionary<string, Shape>
            {
                ["embedding.word_embeddings.weight"] = new(c.rows, 2),
                ["decoder.layers.norm.weight"] = new(c.layers, c.rows),
                ["optimizer.state.exp_avg.decoder.layers.experts.weight"] = new(c.layers, 1, c.rows, 3),
            };
            if (!map.Right.Tensors.ToDictionary(static t => t.Name, static t => t.Shape).OrderBy(static e => e.Key, StringComparer.Ordinal).SequenceEqual(names.OrderBy(static e => e.Key, StringComparer.Ordinal))) { return false; }
            var layout = Copying.Framed(TargetMaker.Make(source.Tensors, map, null, cutLeadingAxes: true));
            var stacked = Copying.Open(Copying.Run(folder, "stacked", CopyPlanner.Plan(source.Tensors, map, layout), source), layout);
            var back = LayerKeys.Unstack(map.Right.Tensors);
            var again = Copying.Framed(TargetMaker.Make(stacked.Tensors, back, null, cutLeadingAxes: true));
            var path = Copying.Run(folder, "again", CopyPlanner.Plan(stacked.Tensors, back, again), stacked);
            return again.Tensors.Count == source.Tensors.Count && again.Tensors.Index().All(target =>
            {
                var tensor = source.Tensors.Single(t => t.Name == target.Item.Name);
                var bytes = new byte[tensor.ByteLength];
                var payload = source.Locate(tensor, 0);
                payload.Source.ReadExactly(payload.Offset, bytes);
                return tensor.Shape == target.Item.Shape && Copying.Whole(path, again, target.Index).AsSpan().SequenceEqual(bytes);
            });
        }, count: 60);

    [Fact, Clause("NAM-6.3")]
    public void LayersOfSeveralKindsKeepTheirNames()
    {
        MappedTensor[] tensors = [new("decoder.layers.0.mlp.linear_fc1.weight", new Shape(4)), new("decoder.layers.1.mlp.router.weight", new Shape(4)), new("optimizer.state.param.decoder.layers.0.mlp.linear_fc1.weight", new Shape(4))];
        Assert.Equal(tensors, LayerKeys.Stack(tensors).Right.Tensors);
        MappedTensor[] shapes = [new("decoder.layers.0.w", new Shape(4)), new("decoder.layers.1.w", new Shape(5))];
        Assert.Equal(shapes, LayerKeys.Stack(shapes).Right.Tensors);
        MappedTensor[] hole = [new("decoder.layers.0.w", new Shape(4)), new("decoder.layers.2.w", new Shape(4))];
        Assert.Equal(hole, LayerKeys.Stack(hole).Right.Tensors);
        MappedTensor[] hybrid = [new("decoder.layers.0.mixer.A_log", new Shape(4)), new("decoder.layers.1.mixer.A_log", new Shape(4))];
        Assert.Equal(hybrid, LayerKeys.Stack(hybrid).Right.Tensors);
    }

    [Fact, Clause("NAM-6.3")]
    public void ArgsTellWhetherLayersAreNamed()
    {
        Assert.False(LayerKeys.ArePerLayer(null, "x"));
        Assert.False(LayerKeys.ArePerLayer(Args("moe_layer_freq", new PickleInt(1)), "x"));
        Assert.True(LayerKeys.ArePerLayer(Args("moe_layer_freq", new PickleInt(2)), "x"));
        Assert.True(LayerKeys.ArePerLayer(Args("moe_layer_freq", new PickleList()), "x"));
        Assert.True(LayerKeys.ArePerLayer(Args("linear_attention_freq", new PickleInt(4)), "x"));
        Assert.True(LayerKeys.ArePerLayer(Args("hetereogenous_dist_checkpoint", new PickleBool(true)), "x"));
        Assert.False(LayerKeys.ArePerLayer(Args("hybrid_layer_pattern", PickleNone.Instance), "x"));
    }

    static PickleDict Args(string name, PickleNode value) => new PickleDict().Add("args", new PickleDict().Add(name, value));
}
