using System.Text;

namespace Ckpt.Sharding.Layouts;

/// <summary>
/// What each virtual stage holds, one by one, as <c>--pipeline-model-parallel-layout</c> says it: entry i is chunk i / PP of stage i % PP.
/// </summary>
public sealed record StagePattern(IReadOnlyList<IReadOnlyList<StageItem>> Stages)
{
    const string Letters = "EtmL";

    /// <summary>
    /// Reads the text form (<c>Et*4|(tttt|)*14tmL</c>: one letter an item, '|' between stages, <c>x*n</c> and <c>(…)*n</c> repeated, commas
    /// free), or the form of a Python list of lists of names.
    /// </summary>
    /// <exception cref="Formats.LayoutException">LAY-3.5: the text is neither.</exception>
    public static StagePattern Parse(string text) => new(new StagePatternParser(text).Parse());

    /// <summary>The pattern of names, as a run's arguments may hold it.</summary>
    /// <exception cref="Formats.LayoutException">LAY-3.5: a name is unknown.</exception>
    public static StagePattern FromNames(IReadOnlyList<IReadOnlyList<string>> stages) =>
        new([.. stages.Select(static names => (IReadOnlyList<StageItem>)[.. names.Select(StagePatternParser.ItemOf)])]);

    /// <summary>How many items of a kind there are.</summary>
    public int Count(StageItem item) => Stages.Sum(stage => stage.Count(one => one == item));

    /// <summary>The text form, nothing repeated by number.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (var i = 0; i < Stages.Count; i++)
        {
            if (i > 0) { text.Append('|'); }
            foreach (var item in Stages[i]) { text.Append(Letters[(int)item]); }
        }
        return text.ToString();
    }
}
