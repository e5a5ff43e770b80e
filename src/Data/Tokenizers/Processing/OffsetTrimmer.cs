using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Processing;

/// <summary>Takes white space out of offsets (the reference's process_offsets).</summary>
static class OffsetTrimmer
{
    internal static TokenOffset Trim(string token, TokenOffset offset, bool isFirst, bool keepsFirstSpace)
    {
        var leading = token.TakeWhile(IsSpace).Count();
        var trailing = token.Reverse().TakeWhile(IsSpace).Count();
        var (start, end) = (offset.Start, offset.End);
        if (leading > 0)
        {
            // One space in front of the first token is one that was added.
            if ((isFirst || start == 0) && keepsFirstSpace && leading == 1) { leading = 0; }
            start = Math.Min(start + leading, end);
        }
        if (trailing > 0 && end >= trailing) { end = Math.Max(end - trailing, start); }
        return new TokenOffset(start, end);
    }

    static bool IsSpace(char c) => c == ByteAlphabet.Chars[' '] || char.IsWhiteSpace(c);
}
