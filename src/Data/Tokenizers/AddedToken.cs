namespace Ckpt.Data.Tokenizers;

/// <summary>A token that is looked for in the text itself, before any model (TOK-6).</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="SingleWord">Whether it is found only where no word character stands beside it.</param>
/// <param name="StripsLeft">Whether it takes the white space before it.</param>
/// <param name="StripsRight">Whether it takes the white space behind it.</param>
/// <param name="Normalized">Whether it is looked for after the normalizers.</param>
/// <param name="Special">Whether it is left out where special tokens are skipped.</param>
public sealed record AddedToken(int Id, string Content, bool SingleWord, bool StripsLeft, bool StripsRight, bool Normalized, bool Special);
