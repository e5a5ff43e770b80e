using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;

namespace Ckpt.Models.Families;

/// <summary>The families there are, by <c>model_type</c>.</summary>
public static class FamilyCatalog
{
    /// <summary>Every family.</summary>
    public static IReadOnlyList<ModelFamily> All { get; } = [.. FamilyTables.All, .. MultimodalFamilies.All];

    /// <summary>The family of a <c>model_type</c>.</summary>
    /// <exception cref="UnsupportedCheckpointException">No family has it; the message names the nearest and all.</exception>
    public static ModelFamily Find(string modelType, string where = "config.json") =>
        All.FirstOrDefault(family => family.Name == modelType) ?? Throw.Unknown(modelType, where);

    /// <summary>A multimodal family with another text model.</summary>
    /// <exception cref="UnsupportedCheckpointException">The family is not handled with this text model; the message names those it is.</exception>
    public static ModelFamily WithText(ModelFamily family, string textType, string where = "config.json") =>
        family.Texts.Contains(textType) ? MultimodalFamilies.Over(family.Name, Find(textType, where)) : Throw.UnknownText(family, textType, where);

    static ModelFamily Nearest(string modelType) => All.MinBy(family => Edits(family.Name, modelType))!;

    // Letters to add, drop or change to make one name of the other.
    static int Edits(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 0; i < from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i + 1;
            for (var j = 0; j < to.Length; j++)
            {
                var kept = diagonal + (from[i] == to[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(kept, 1 + Math.Min(row[j], row[j + 1]));
            }
        }
        return row[^1];
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static ModelFamily Unknown(string modelType, string where) => throw new UnsupportedCheckpointException(
            "CFG-1.2", where, $"model_type is \"{Brief(modelType)}\"; handled are {string.Join(", ", All.Select(family => family.Name))}, nearest is {Nearest(modelType).Name}");

        [DoesNotReturn]
        internal static ModelFamily UnknownText(ModelFamily family, string textType, string where) => throw new UnsupportedCheckpointException(
            "CFG-7.5", where, $"the text model of this {family.Name} is \"{Brief(textType)}\"; handled are {string.Join(", ", family.Texts)}");

        static string Brief(string text) => text.Length <= 60 ? text : $"{text[..60]}…";
    }
}
