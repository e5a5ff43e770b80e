using System.Text;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.TorchDist;

/// <summary>What is laid out and filled reads back as what it was; and how the files must look.</summary>
public sealed class TorchDistWriterTests
{
    static readonly DType[] s_dtypes = [.. DTypes.All.Where(dtype => dtype.TorchName() is not null && dtype.ByteSize() > 0)];

    static Gen<List<TensorTarget>> Targets =>
        from seed in Gen.Choose(0, int.MaxValue - 1)
        from count in Gen.Choose(0, 6)
        select Make(new System.Random(seed), count);

    [Fact, Clause("TDC-4.2"), Clause("TDC-4.3"), Clause("TDC-4.6"), Clause("TDC-4.7"), Clause("TDC-3.4")]
    public void WhatIsWrittenReadsBack() => Law.Holds(
        from targets in Targets
        from files in Gen.Choose(1, 4)
        from form in Gen.Elements(TorchDistForm.Minimal, TorchDistForm.Core019)
        from planner in Gen.Elements(true, false)
        from folder in Gen.Elements("iter_0000012", "release", "weights", "")
        select (Targets: targets, Files: files, Form: form, Planner: planner, Folder: folder),
        c =>
        {
            using var folder = new TemporaryFolder();
            var options = new TorchDistWriterOptions { Common = Common(), FileCount = c.Files, Form = c.Form, PlannerData = c.Planner, Folder = c.Folder };
            LayoutFiller.Write(new TorchDistWriter(options).LayOut(c.Targets), (tensor, box) => Data(c.Targets, tensor, box), folder.Path);

            var tracked = c.Folder is "iter_0000012" or "release";
            using var reader = TorchDistReader.Open(tracked ? folder.Path : folder[c.Folder]);
            return reader.Tensors.Count == c.Targets.Count
                && Enumerable.Range(0, c.Targets.Count).All(i => IsTheSame(reader, reader.Tensors[i], c.Targets, i))
                && reader.Iteration == (c.Folder == "iter_0000012" ? 12 : null)
                && ((PickleInt)reader.Common!.Find("iteration")!).Value == 12
                && reader.PlannerPaths is not null == c.Planner
                && reader.Objects.Count == (c.Form == TorchDistForm.Core019 ? 1 : 0);
        });

    [Theory, Clause("TDC-1.8"), Clause("TDC-4.6")]
    [InlineData(TorchDistForm.Minimal)]
    [InlineData(TorchDistForm.Core019)]
    public void TensorsOfTheCommonStateAreCarriedOver(TorchDistForm form)
    {
        using var folder = new TemporaryFolder();
        var step = BitConverter.GetBytes(42f);
        var common = Common().Add("common_step", TorchTensor.Node(DType.F32, new Shape(), "0", new TorchNames()));
        LayoutFiller.Write(new TorchDistWriter(new() { Common = common, CommonStorages = [step], Form = form }).LayOut([]), (_, _) => [], folder.Path);

        using var reader = TorchDistReader.Open(folder.Path);

        Assert.Equal(step, Assert.Single(reader.CommonStorages).ToArray());
        var tensor = TorchTensor.Read(reader.Common!.Find("common_step")!, "common");
        Assert.Equal((DType.F32, new Shape(), "0"), (tensor.DType, tensor.Shape, tensor.StorageKey));
    }

    [Fact, Clause("TDC-4.4"), Clause("TDC-4.6")]
    public void SmallFilesCloseInTheOrderReadersRelyOn()
    {
        var minimal = new TorchDistWriter(new() { Common = Common() }).LayOut([]);
        Assert.Equal(
            ["iter_0000001/common.pt", "iter_0000001/.metadata", "iter_0000001/metadata.json", "latest_checkpointed_iteration.txt"],
            minimal.Closing.Select(file => file.Path));
        // The texts that Megatron-core 0.18 and 0.19 wrote.
        Assert.Equal(File.ReadAllText(Repository.Vector("torch_dist", "versions", "mini", "metadata.json")), Encoding.ASCII.GetString(minimal.Closing[2].Bytes.Span));
        Assert.Equal("1", Encoding.ASCII.GetString(minimal.Closing[3].Bytes.Span));

        var core019 = new TorchDistWriter(new() { Common = Common(), Form = TorchDistForm.Core019, Folder = "release" }).LayOut([]);
        Assert.Equal(["release/.metadata", "release/metadata.json", "latest_checkpointed_iteration.txt"], core019.Closing.Select(file => file.Path));
        Assert.Equal(
            File.ReadAllText(Repository.Vector("torch_dist", "versions", "ck_core_v0.19.0_forky", "metadata.json")), Encoding.ASCII.GetString(core019.Closing[1].Bytes.Span));
        Assert.Equal("release", Encoding.ASCII.GetString(core019.Closing[2].Bytes.Span));
    }

    [Fact, Clause("TDC-4.1")]
    public void BoxesGoToTheEmptiestFileLargestFirst()
    {
        TensorTarget[] targets = [.. new[] { 3, 9, 5, 4, 8 }.Select((rows, i) => TensorTarget.Whole($"t{i}", DType.F32, new Shape(rows)))];
        var layout = new TorchDistWriter(new() { Common = Common(), FileCount = 2 }).LayOut(targets);
        // 9 | 8, then 5 to the 8, 4 to the 9, 3 to the 9 + 4 = 8 + 5, where the first file goes first.
        Assert.Equal(["iter_0000001/__0_0.distcp", "iter_0000001/__0_1.distcp"], layout.Files.Select(file => file.Path));
        Assert.Equal([1, 3, 0], layout.Files[0].Data.Select(range => range.Tensor));
        Assert.Equal([4, 2], layout.Files[1].Data.Select(range => range.Tensor));
        Assert.Equal([0, 1, 2, 3, 4], new TorchDistWriter(new() { Common = Common() }).LayOut(targets).Files[0].Data.Select(range => range.Tensor));
        Assert.Equal(5, new TorchDistWriter(new() { Common = Common(), FileCount = 50 }).LayOut(targets).Files.Count);
    }

    [Fact, Clause("TDC-4.2")]
    public void AStreamIsWhatTorchSavesForTheBox()
    {
        var data = new byte[24];
        for (var i = 0; i < 6; i++) { BitConverter.TryWriteBytes(data.AsSpan(4 * i), (float)i); }
        var layout = new TorchDistWriter(new() { Common = Common() }).LayOut([TensorTarget.Whole("t", DType.F32, new Shape(2, 3))]);
        var file = LayoutFiller.Fill(layout, (_, _) => data)[0];
        Assert.Equal(File.ReadAllBytes(Repository.Vector("torch_dist", "versions", "golden_forky.pt")), file.Value);
    }

    [Fact, Clause("TDC-4.5")]
    public void WhatTorchDistCannotHoldIsRefused()
    {
        var writer = new TorchDistWriter(new() { Common = Common(), Form = TorchDistForm.Core019 });
        foreach (var dtype in DTypes.All.Except(s_dtypes))
        {
            Assert.Equal("TDC-4.5", Assert.Throws<UnsupportedCheckpointException>(() => writer.LayOut([TensorTarget.Whole("t", dtype, new Shape(8))])).Clause);
        }
        Assert.Equal("TDC-4.5", Assert.Throws<UnsupportedCheckpointException>(
            () => writer.LayOut([TensorTarget.Whole("common_state/shard_0_1", DType.F32, new Shape(8))])).Clause);
    }

    [Fact, Clause("TDC-4.8")]
    public void LayingOutIsCheap()
    {
        var boxes = new Box[100_000];
        for (var i = 0; i < boxes.Length; i++) { boxes[i] = new Box([i, 0], [1, 4096]); }
        TensorTarget[] targets = [new("t", DType.BF16, new Shape(boxes.Length, 4096), boxes)];
        var before = GC.GetAllocatedBytesForCurrentThread();
        var layout = new TorchDistWriter(new() { Common = Common(), FileCount = 4 }).LayOut(targets);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(boxes.Length, layout.Files.Sum(file => file.Data.Count));
        Assert.True(allocated < 1500L * boxes.Length, $"{allocated} bytes for {boxes.Length} boxes");
    }

    static List<TensorTarget> Make(System.Random random, int count)
    {
        var targets = new List<TensorTarget>(count);
        for (var i = 0; i < count; i++)
        {
            var shape = new Shape([.. Enumerable.Range(0, random.Next(5)).Select(_ => (long)random.Next(random.Next(8) == 0 ? 0 : 1, 6))]);
            targets.Add(new TensorTarget($"layers.{i}.wéight", s_dtypes[random.Next(s_dtypes.Length)], shape, Cuts.Of(shape, random.Next(), random.Next(6))));
        }
        return targets;
    }

    static byte[] Data(List<TensorTarget> targets, int tensor, int box)
    {
        var bytes = new byte[targets[tensor].DType.ByteLength(targets[tensor].Boxes[box].Volume)];
        new System.Random((tensor * 1000) + box).NextBytes(bytes);
        return bytes;
    }

    static bool IsTheSame(TorchDistReader reader, TensorInfo tensor, List<TensorTarget> targets, int number)
    {
        var target = targets[number];
        // A box of no elements is listed in the file and not by the reader.
        var boxes = target.Boxes.Select((box, place) => (Box: box, Place: place)).Where(b => b.Box.Volume > 0).ToList();
        return tensor.Name == target.Name && tensor.DType == target.DType && tensor.Shape == target.Shape
            && tensor.Boxes.Select(b => b.Box).SequenceEqual(boxes.Select(b => b.Box))
            && boxes.Select((b, i) => Data(targets, number, b.Place).AsSpan().SequenceEqual(TensorAssembler.ReadBox(reader, tensor, i))).All(same => same);
    }

    static PickleDict Common() => new PickleDict().Add("iteration", new PickleInt(12)).Add("checkpoint_version", new PickleFloat(3.0));
}
