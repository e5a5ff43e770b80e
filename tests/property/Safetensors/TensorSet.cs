using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using FsCheck;
using FsCheck.Fluent;

namespace Ckpt.PropertyTests.Safetensors;

/// <summary>Tensors with their bytes, and how to write them.</summary>
sealed record TensorSet(int Seed, IReadOnlyList<TensorTarget> Targets, IReadOnlyList<byte[]> Data, SafetensorsWriterOptions Options)
{
    internal static Gen<TensorSet> Any { get; } = Gen.Choose(0, int.MaxValue - 1).Select(seed => Make(seed, oneFile: false));

    internal static Gen<TensorSet> OfOneFile { get; } = Gen.Choose(0, int.MaxValue - 1).Select(seed => Make(seed, oneFile: true));

    static readonly DType[] s_dtypes = [.. DTypes.All.Where(t => t.SafetensorsName() is not null)];
    static readonly string[] s_parts = ["model", ".", "layers", "0", "weight", "\"", "\\", "/", "\n", "\u0001", "\u007f", "é", "\uffff", "😀", "\u2028", "中", " ", "__metadata__x"];

    /// <summary>The bytes of its only file.</summary>
    internal byte[] OneFile() => LayoutFiller.Fill(Layout(), Bytes).Single().Value;

    internal CheckpointLayout Layout() => new SafetensorsWriter(Options).LayOut(Targets);

    internal byte[] Bytes(int tensor, int box) => Data[tensor];

    public override string ToString() => $"seed {Seed}: {string.Join(", ", Targets.Select(t => $"{t.DType} {t.Shape}"))}, {Options.MaxShardBytes} a file";

    static TensorSet Make(int seed, bool oneFile)
    {
        var random = new Random(seed);
        var targets = new List<TensorTarget>();
        var data = new List<byte[]>();
        for (var count = random.Next(9); targets.Count < count;)
        {
            var name = string.Concat(random.GetItems(s_parts, random.Next(6)));
            if (targets.Any(t => t.Name == name)) { continue; }
            var dtype = s_dtypes[random.Next(s_dtypes.Length)];
            var dims = new long[random.Next(5)];
            for (var axis = 0; axis < dims.Length; axis++) { dims[axis] = random.Next(8) == 0 ? 0 : random.Next(1, 6); }
            if (dtype.ByteSize() == 0) { dims = [.. dims, 4L * random.Next(3)]; } // whole bytes for 4 and 6 bits alike
            var shape = new Shape(dims);
            var bytes = new byte[dtype.ByteLength(shape.Count)];
            random.NextBytes(bytes);
            targets.Add(TensorTarget.Whole(name, dtype, shape));
            data.Add(bytes);
        }
        var metadata = new Dictionary<string, string>();
        for (var i = random.Next(4); i > 0; i--) { metadata[string.Concat(random.GetItems(s_parts, 2))] = string.Concat(random.GetItems(s_parts, 3)); }
        var options = new SafetensorsWriterOptions
        {
            MaxShardBytes = oneFile || random.Next(3) == 0 ? long.MaxValue : random.Next(1, 600),
            Stem = random.Next(2) == 0 ? "model" : "adapter_model",
            AlwaysIndex = !oneFile && targets.Count > 0 && random.Next(4) == 0,
            Metadata = metadata,
        };
        return new TensorSet(seed, targets, data, options);
    }
}
