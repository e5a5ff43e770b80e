using Ckpt.Torch;
using Xunit;

namespace Ckpt.TrainerTests;

/// <summary>A test that needs LibTorch: skipped, with what to install, where it is not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TorchFactAttribute : FactAttribute
{
    public TorchFactAttribute()
    {
        if (!torch.IsAvailable(out var reason)) { Skip = reason; }
    }
}
