namespace Ckpt.Trainer.Modeling;

/// <summary>How tensor-parallel ranks share a parameter.</summary>
/// <param name="Axis">The axis they share; null: each has all of it.</param>
/// <param name="Sections">Sections of that axis, each cut by itself.</param>
/// <param name="IsPartial">Each rank, though it has all of it, finds only a part of its gradient.</param>
readonly record struct ParameterCut(int? Axis, int Sections = 1, bool IsPartial = false)
{
    internal static ParameterCut Whole { get; } = new(null);

    internal static ParameterCut Partial { get; } = new(null, IsPartial: true);

    internal static ParameterCut Rows { get; } = new(0);

    internal static ParameterCut Gated { get; } = new(0, 2);

    internal static ParameterCut Columns { get; } = new(1);
}
