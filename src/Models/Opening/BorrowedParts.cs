using System.Text.Json.Nodes;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Bridge;
using Ckpt.Models.Families;
using Ckpt.Sharding.Views;

namespace Ckpt.Models.Opening;

/// <summary>
/// Takes parts of a multimodal model that a Megatron checkpoint leaves out (generators, which Megatron-SWIFT never saves) from the Hugging Face folder
/// it was trained from (NAM-13.6).
/// </summary>
static class BorrowedParts
{
    /// <summary>The checkpoint with what it lacks, by Megatron's names; null where it lacks nothing or there is no folder that has it.</summary>
    internal static (ICheckpointReader Reader, IReadOnlyDictionary<string, Shape> Tensors)? Add(ICheckpointReader reader, HfSide side, BridgeOptions own)
    {
        var lacking = CarriedTensors.Lacking(side.Config.Family, side.Config.Model, own);
        if (lacking.Count == 0 || side.Origin is not { } folder || !HfNamesFile.HasWeights(folder)) { return null; }
        var lender = SafetensorsReader.Open(folder);
        try
        {
            var views = lacking.SelectMany(part => Of(lender, part.Part, part.Megatron)).ToArray();
            var tensors = own.MegatronTensors!.ToDictionary(StringComparer.Ordinal);
            foreach (var view in views) { tensors.Add(view.Info.Name, view.Info.Shape); }
            return (new ViewedCheckpoint(new Joined(reader, lender), views), tensors);
        }
        catch
        {
            lender.Dispose();
            throw;
        }
    }

    static IEnumerable<Borrowed> Of(SafetensorsReader lender, CarriedPart part, string megatron) => lender.Tensors
        .Where(tensor => tensor.Name.StartsWith(part.Hf, StringComparison.Ordinal))
        .Select(tensor => new Borrowed(lender, tensor, megatron + tensor.Name[part.Hf.Length..]));

    sealed class Borrowed(SafetensorsReader lender, TensorInfo tensor, string name) : TensorView
    {
        public override TensorInfo Info { get; } = tensor with { Name = name, Boxes = [.. tensor.Boxes.Select(static box => box with { File = 0 })] };

        public override BoxPayload Locate(int box) => lender.Locate(tensor, box);
    }

    /// <summary>A checkpoint that holds another open.</summary>
    sealed class Joined(ICheckpointReader reader, IDisposable lender) : ICheckpointReader
    {
        public string Format => reader.Format;

        public string Path => reader.Path;

        public IReadOnlyList<FileEntry> Files => reader.Files;

        public IReadOnlyList<TensorInfo> Tensors => reader.Tensors;

        public IReadOnlyList<ObjectInfo> Objects => reader.Objects;

        public JsonObject Describe() => reader.Describe();

        public BoxPayload Locate(TensorInfo tensor, int box) => reader.Locate(tensor, box);

        public void Dispose()
        {
            reader.Dispose();
            lender.Dispose();
        }
    }
}
