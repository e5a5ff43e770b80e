using Ckpt.Formats;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Sharding.Layouts;
using Xunit;

namespace Ckpt.UnitTests.Models.Bridge;

/// <summary>Qwen3-30B-A3B: 48 layers, 32 heads, 4 key/value heads, 128 experts of width 768. Llama-3.1-8B: 32 layers, feed-forward 14336.</summary>
public class ParallelCheckTests
{
    [Theory, Clause("NAM-4.1"), Clause("NAM-4.2"), Clause("LAY-3.2"), Clause("LAY-3.4"), Clause("NAM-4.5"), Clause("NAM-4.6"), Clause("LAY-1.2"), Clause("LAY-1.1")]
    [InlineData("qwen3-30b-a3b", 3, 1, 1, 1, 1, null, "NAM-4.1", "32 query heads cannot be shared evenly by 3 tensor parallel ranks")]
    [InlineData("qwen2.5-7b-instruct", 14, 1, 1, 1, 1, null, "NAM-4.1", "4 key/value heads")]
    [InlineData("qwen2.5-7b-instruct", 28, 1, 1, 1, 1, null, "NAM-4.2", "18944 feed-forward rows cannot be shared evenly by 28")]
    [InlineData("qwen3-30b-a3b", 1, 5, 1, 1, 1, null, "LAY-3.2", "48 layers cannot be shared evenly by 5 pipeline stages")]
    [InlineData("qwen3-30b-a3b", 1, 96, 1, 1, 1, null, "LAY-3.2", "48 layers")]
    [InlineData("qwen3-30b-a3b", 1, 4, 5, 1, 1, null, "LAY-3.4", "12 layers of a stage cannot be shared evenly by 5 virtual chunks")]
    [InlineData("qwen3-30b-a3b", 1, 1, 1, 3, 1, null, "NAM-4.5", "128 experts")]
    [InlineData("llama-3.1-8b", 1, 1, 1, 2, 1, null, "NAM-4.5", "expert parallel size is 2, the model has no experts")]
    [InlineData("qwen3-30b-a3b", 1, 1, 1, 1, 5, null, "NAM-4.6", "768 rows of an expert")]
    [InlineData("qwen3-30b-a3b", 4, 2, 1, 2, 1, 12, "LAY-1.2", "12 processes")]
    [InlineData("qwen3-30b-a3b", 2, 2, 1, 8, 1, 4, "LAY-1.2", "4 processes")]
    [InlineData("qwen3-30b-a3b", 0, 1, 1, 1, 1, null, "LAY-1.1", "tensor parallel size is 0")]
    [InlineData("qwen3-30b-a3b", 1, -1, 1, 1, 1, null, "LAY-1.1", "pipeline parallel size is -1")]
    [InlineData("qwen3-30b-a3b", 1, 1, 1, 1, 1, 0, "LAY-1.1", "number of processes is 0")]
    public void AnImpossibleSplitIsRefusedWithItsNumbers(string model, int tensor, int pipeline, int chunks, int expert, int expertTensor, int? world, string clause, string says)
    {
        var sizes = new ParallelSizes { Tensor = tensor, Pipeline = pipeline, VirtualPipeline = chunks, Expert = expert, ExpertTensor = expertTensor, World = world };
        var error = Assert.Throws<LayoutException>(() => ParallelCheck.Check(TestModels.Read(model).Model, sizes));
        Assert.Equal(clause, error.Clause);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1, 1, 1, 1, null)]
    [InlineData(2, 2, 1, 2, 1, 4)]
    [InlineData(8, 1, 1, 1, 1, 8)]
    [InlineData(32, 1, 1, 1, 3, 96)]
    [InlineData(1, 48, 1, 128, 1, 48 * 128)]
    [InlineData(4, 8, 3, 16, 2, 256)]
    public void APossibleSplitPasses(int tensor, int pipeline, int chunks, int expert, int expertTensor, int? world) => ParallelCheck.Check(
        TestModels.Read("qwen3-30b-a3b").Model, new() { Tensor = tensor, Pipeline = pipeline, VirtualPipeline = chunks, Expert = expert, ExpertTensor = expertTensor, World = world });

    [Theory, Clause("LAY-3.2"), Clause("LAY-3.4")]
    [InlineData(4, 1, 11, 13, null)]
    [InlineData(2, 1, 20, 28, null)]
    [InlineData(4, 2, 10, 14, null)]
    [InlineData(4, 1, 11, 12, "LAY-3.2")]
    [InlineData(2, 1, 20, 20, "LAY-3.2")]
    [InlineData(1, 1, 48, null, "LAY-3.2")]
    [InlineData(3, 1, 40, 10, "LAY-3.2")]
    [InlineData(3, 1, 24, 24, "LAY-3.2")]
    [InlineData(4, 2, 11, 13, "LAY-3.4")]
    [InlineData(4, 1, 0, 12, "LAY-1.1")]
    public void TheEndsMayHaveOtherNumbersOfLayers(int pipeline, int chunks, int? first, int? last, string? clause)
    {
        var sizes = new ParallelSizes { Pipeline = pipeline, VirtualPipeline = chunks };
        var stages = new StageOptions { FirstStageLayers = first, LastStageLayers = last };
        var error = Record.Exception(() => ParallelCheck.Check(TestModels.Read("qwen3-30b-a3b").Model, sizes, stages));
        Assert.Equal(clause, (error as LayoutException)?.Clause);
    }
}
