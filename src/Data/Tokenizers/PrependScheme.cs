namespace Ckpt.Data.Tokenizers;

/// <summary>Which pieces get a mark in front (TOK-5.7).</summary>
enum PrependScheme
{
    Always, Never, First,
}
