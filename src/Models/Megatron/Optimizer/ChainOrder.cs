namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>Prefixes of chained optimizers by their numbers: <c>chained_2.</c> before <c>chained_10.</c></summary>
sealed class ChainOrder : IComparer<string>
{
    ChainOrder() { }

    internal static ChainOrder Instance { get; } = new();

    public int Compare(string? x, string? y) => x!.Length != y!.Length ? x.Length.CompareTo(y.Length) : string.CompareOrdinal(x, y);
}
