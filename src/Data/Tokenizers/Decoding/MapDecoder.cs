using System.Text;
using Ckpt.Data.Tokenizers.Patterns;

namespace Ckpt.Data.Tokenizers.Decoding;

/// <summary>Changes every token by itself; told whether it is the first.</summary>
sealed class MapDecoder(Func<string, bool, string> map) : IDecoder
{
    public IDecoderStage Start(IDecoderStage next) => new Stage(map, next);

    /// <summary>Replaces what matches.</summary>
    internal static MapDecoder Replace(Pattern pattern, string content) => new((token, _) => Replaced(token, pattern, content));

    /// <summary>Writes marks as spaces, and leaves out those of the first token where one is put in front.</summary>
    internal static MapDecoder Metaspace(MetaspaceOptions options) => new((token, first) =>
        token.Replace(options.Replacement, first && options.Prepend is not PrependScheme.Never ? "" : " ", StringComparison.Ordinal));

    static string Replaced(string token, Pattern pattern, string content)
    {
        if (!pattern.IsRegex) { return pattern.Source.Length == 0 ? token : token.Replace(pattern.Source, content, StringComparison.Ordinal); }
        var text = new StringBuilder();
        var at = 0;
        foreach (var (start, end) in pattern.Matches(token))
        {
            text.Append(token, at, start - at).Append(content);
            at = end;
        }
        return text.Append(token, at, token.Length - at).ToString();
    }

    sealed class Stage(Func<string, bool, string> map, IDecoderStage next) : IDecoderStage
    {
        bool _later;

        public void Push(string token)
        {
            next.Push(map(token, !_later));
            _later = true;
        }

        public void Flush() => next.Flush();
    }
}
