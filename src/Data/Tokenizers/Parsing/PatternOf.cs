using Ckpt.Data.Tokenizers.Patterns;

namespace Ckpt.Data.Tokenizers.Parsing;

/// <summary>Parses <c>{"String": …}</c> and <c>{"Regex": …}</c>.</summary>
static class PatternOf
{
    internal static Pattern Part(JsonPart json)
    {
        if (json.IsText) { return Pattern.OfText(json.Text()); }
        var regex = json["Regex"];
        return regex.IsNull ? Pattern.OfText(json["String"].Text()) : Pattern.OfRegex(regex.Text(), regex.Where);
    }

    /// <summary>What is put in for a match may not refer to groups of it.</summary>
    internal static void RefuseGroups(Pattern pattern, string content, string where)
    {
        if (pattern.IsRegex && content.Contains('$', StringComparison.Ordinal)) { ComponentFault.Unsupported(where, $"'$' in the content {Quoted.Text(content)}", "contents without references to groups"); }
    }
}
