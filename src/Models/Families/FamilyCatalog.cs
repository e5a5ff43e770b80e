using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;

namespace Ckpt.Models.Families;

/// <summary>The families there are, by <c>model_type</c>.</summary>
public static class FamilyCatalog
{
    /// <summary>Every family.</summary>
    public static IReadOnlyList<ModelFamily> All => FamilyTables.All;

    /// <summary>The family of a <c>model_type</c>.</summary>
    /// <exception cref="UnsupportedCheckpointException">No family has it; the message names the nearest and all.</exception>
    public static ModelFamily Find(string modelType, string where = "config.json") =>
        All.FirstOrDefault(family => family.Name == modelType) ?? Throw.Unknown(modelType, where);

    // Longest common beginning first, so that qwen3_vl is nearest to qwen3; then the fewest letters to change.
    static ModelFamily Nearest(string modelType) => All
        .OrderByDescending(family => family.Name.Zip(modelType).TakeWhile(pair => pair.First == pair.Second).Count())
        .ThenBy(family => Math.Abs(family.Name.Length - modelType.Length))
        .First();

    static class Throw
    {
        [DoesNotReturn]
        internal static ModelFamily Unknown(string modelType, string where) => throw new UnsupportedCheckpointException(
            "CFG-1.2", where, $"model_type is \"{Brief(modelType)}\"; handled are {string.Join(", ", All.Select(family => family.Name))}, nearest is {Nearest(modelType).Name}");

        static string Brief(string text) => text.Length <= 60 ? text : $"{text[..60]}…";
    }
}
