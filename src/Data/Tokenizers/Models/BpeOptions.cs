namespace Ckpt.Data.Tokenizers.Models;

/// <summary>What a BPE model does besides merging.</summary>
/// <param name="UnknownToken">What stands for a character it does not know; null drops it.</param>
/// <param name="FuseUnknown">Whether neighbouring unknown characters make one token.</param>
/// <param name="ByteFallback">Whether unknown characters become their bytes.</param>
/// <param name="IgnoreMerges">Whether a word that is a token is taken as it is.</param>
/// <param name="Prefix">Put before every character of a word but the first.</param>
/// <param name="Suffix">Put behind the last character of a word.</param>
readonly record struct BpeOptions(string? UnknownToken, bool FuseUnknown, bool ByteFallback, bool IgnoreMerges, string Prefix, string Suffix);
