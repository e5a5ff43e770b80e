using Ckpt.Torch;
using Xunit;

namespace Ckpt.TrainerTests;

/// <summary>The same for a test of several cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TorchTheoryAttribute : TheoryAttribute
{
    public TorchTheoryAttribute()
    {
        if (!torch.IsAvailable(out var reason)) { Skip = reason; }
    }
}
