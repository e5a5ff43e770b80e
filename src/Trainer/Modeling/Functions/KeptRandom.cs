using Ckpt.Torch;

namespace Ckpt.Trainer.Modeling.Functions;

/// <summary>States of random number streams.</summary>
sealed record KeptRandom(Tensor Common, Tensor? Own) : IDisposable
{
    public void Dispose()
    {
        Common.Dispose();
        Own?.Dispose();
    }
}
