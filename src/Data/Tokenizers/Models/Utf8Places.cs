using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Models;

/// <summary>Walks a text and turns lengths in UTF-8 into places in UTF-16; a part of a character is the whole of it.</summary>
ref struct Utf8Places(ReadOnlySpan<char> text)
{
    readonly ReadOnlySpan<char> _text = text;
    int _unit; // where the character starts that the next byte belongs to
    int _into; // bytes of it that are behind

    /// <summary>The places of the next so many bytes.</summary>
    internal (int Start, int End) Next(int bytes)
    {
        var start = _unit;
        var end = _unit;
        _into += bytes;
        while (_into > 0 && _unit < _text.Length)
        {
            var codePoint = CodePoints.At(_text, _unit, out var units);
            var length = CodePoints.Utf8Length(codePoint);
            end = _unit + units;
            if (_into < length) { break; }
            _into -= length;
            _unit += units;
        }
        return (start, end);
    }
}
