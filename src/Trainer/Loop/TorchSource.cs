using Ckpt.Formats.Tensors;
using Ckpt.Torch;
using Ckpt.Trainer.Checkpoints;
using Ckpt.Trainer.Modeling;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Loop;

/// <summary>Gives a model its values from checkpoints: modules that an adapter keeps whole from there, all else from the model.</summary>
sealed class TorchSource(ModelSource source) : IParameterSource
{
    const int Piece = 1 << 30;

    readonly HashSet<string> _kept = source.Adapter is { } adapter ? [.. adapter.Tensors.Select(static tensor => tensor.Name)] : [];

    public Tensor? Read(string name, ReadOnlySpan<long> localShape, ScalarType type)
    {
        var whole = SavedModule.NameOf(name);
        if (source.Find(_kept.Contains(whole) ? whole : name) is not { } info) { return null; }
        using var scope = NewDisposeScope();
        var tensor = Filled(info, (offset, bytes) => source.Read(info.Name, offset, bytes));
        return (tensor.dtype == type ? tensor : tensor.to(type)).MoveToOuterDisposeScope();
    }

    /// <summary>A tensor of what is stored.</summary>
    internal static unsafe Tensor Filled(TensorInfo info, ReadBytes read)
    {
        var tensor = empty(info.Shape.ToArray(), TorchTypes.Of(info.DType));
        var start = info.ByteLength == 0 ? null : (byte*)tensor.data_ptr();
        for (var offset = 0L; offset < info.ByteLength; offset += Piece) { read(offset, new Span<byte>(start + offset, (int)Math.Min(Piece, info.ByteLength - offset))); }
        GC.KeepAlive(tensor);
        return tensor;
    }

    /// <summary>Reads bytes of a tensor.</summary>
    internal delegate void ReadBytes(long offset, Span<byte> destination);
}
