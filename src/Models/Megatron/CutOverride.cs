using System.Diagnostics.CodeAnalysis;
using System.IO.Enumeration;
using Ckpt.Formats;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron;

/// <summary>A user's rule for how a tensor is cut: <c>PATTERN=KIND</c>, '*' in the pattern standing for any text.</summary>
/// <param name="Pattern">Matched against the whole name, without the prefix of optimizer states.</param>
/// <param name="Cut">How it is cut.</param>
/// <param name="Place">Where it is, if it is in no layer: <c>KIND@last</c> is with the output layer, else with the embedding.</param>
public sealed record CutOverride(string Pattern, TensorCut Cut, PlaceKind Place)
{
    const string Flag = "--tensor_cut";
    const string Experts = "expert-";

    /// <summary>Reads <c>PATTERN=KIND</c>; kinds are replicated, columns, rows, gated and vocabulary, with <c>expert-</c> in front where there is one for each expert.</summary>
    /// <exception cref="LayoutException">LAY-5.3: it is none.</exception>
    public static CutOverride Parse(string text)
    {
        var equals = text.LastIndexOf('=');
        if (equals < 1) { Throw.NoRule(text); }
        var kind = text[(equals + 1)..];
        var at = kind.IndexOf('@', StringComparison.Ordinal);
        var place = (at < 0 ? "first" : kind[(at + 1)..]) switch
        {
            "first" => PlaceKind.FirstStage,
            "last" => PlaceKind.Output,
            _ => Throw.NoRule<PlaceKind>(text),
        };
        if (at >= 0) { kind = kind[..at]; }
        var ofExperts = kind.StartsWith(Experts, StringComparison.Ordinal);
        TensorCut[] kinds = [TensorCut.Replicated, TensorCut.Columns, TensorCut.Rows, TensorCut.Gated, TensorCut.Vocabulary];
        var cut = kinds.FirstOrDefault(known => known.Name == (ofExperts ? kind[Experts.Length..] : kind)) ?? Throw.NoRule<TensorCut>(text);
        if (ofExperts && cut == TensorCut.Vocabulary) { Throw.NoRule(text); }
        return new CutOverride(text[..equals], ofExperts ? cut.ForExperts() : cut, place);
    }

    /// <summary>Whether the rule is for this name.</summary>
    public bool Fits(string name) => FileSystemName.MatchesSimpleExpression(Pattern, name, ignoreCase: false);

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoRule(string text) => NoRule<object>(text);

        [DoesNotReturn]
        internal static T NoRule<T>(string text) => throw new LayoutException(
            "LAY-5.3", Flag, $"{Quoted.Name(text)} is no rule; allowed is PATTERN=KIND, where KIND is replicated, columns, rows, gated or vocabulary, with expert- in front for experts and @first or @last behind for what is in no layer");
    }
}
