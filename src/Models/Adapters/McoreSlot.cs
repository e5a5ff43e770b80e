using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Ckpt.Sharding.Boxes;

namespace Ckpt.Models.Adapters;

/// <summary>The part of a module's outputs that is rows of one Megatron weight: which of its rows, and which of the weight's.</summary>
readonly record struct McoreShare(LoraModule Module, AxisRun Outputs, AxisRun Rows);

/// <summary>One Megatron weight of one layer (and expert), and the modules that are fused in it.</summary>
/// <param name="Lead">Indices on the axes in front of rows.</param>
sealed record McoreSlot(long[] Lead)
{
    /// <summary>What is fused in it.</summary>
    internal List<McoreShare> Shares { get; } = [];

    /// <summary>Where the A of each module begins among the ranks: equal ones are one (ADP-4.3).</summary>
    internal Dictionary<LoraModule, int> RankOf { get; } = [];

    /// <summary>The ranks of all different A together.</summary>
    internal int Rank { get; private set; }

    /// <summary>Finds equal A's and stacks the others.</summary>
    internal void Stack()
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var modules = Shares.Select(static share => share.Module).Distinct().ToArray();
        foreach (var module in modules)
        {
            var key = modules.Length == 1 ? "" : Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes<float>(module.A.Read())));
            if (!places.TryGetValue(key, out var place))
            {
                places.Add(key, place = Rank);
                Rank += module.Rank;
            }
            RankOf.Add(module, place);
        }
    }
}
