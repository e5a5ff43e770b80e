using System.Collections.Concurrent;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Running;

namespace Ckpt.Sharding.Quantised;

/// <summary>The assemblers that views of one checkpoint gather through: as many as threads gather at once.</summary>
sealed class AssemblerPool(ICheckpointReader reader)
{
    const int WindowBytes = 256 << 10;

    readonly ConcurrentBag<BlockAssembler> _idle = [];

    internal BlockAssembler Rent() => _idle.TryTake(out var assembler) ? assembler : new BlockAssembler(reader, WindowBytes);

    internal void Return(BlockAssembler assembler) => _idle.Add(assembler);
}
