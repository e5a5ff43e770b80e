using System.Reflection;
using Ckpt.Torch;
using Xunit;
using Xunit.Sdk;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Ckpt.TorchTests;

/// <summary>Fails a test that leaves more or fewer handles of tensors than it found: nothing is left to the finalizer.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class NoLeaksAttribute : BeforeAfterTestAttribute
{
    long _before;

    public override void Before(MethodInfo methodUnderTest) => _before = Tensor.LiveCount;

    public override void After(MethodInfo methodUnderTest)
        => Assert.True(Tensor.LiveCount == _before, $"{methodUnderTest.Name}: {Tensor.LiveCount - _before} tensors were not freed");
}
