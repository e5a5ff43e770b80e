using System.Diagnostics.CodeAnalysis;
using System.Text;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Models;

/// <summary>Takes the pieces of the best total score, as the reference's optimised search finds them (tokenizers, models/unigram; TOK-3.3).</summary>
sealed class UnigramModel : ITokenModel
{
    const double UnknownPenalty = 10.0;

    readonly double[] _scores;
    readonly CharTrie _pieces = new();
    readonly int _unknown;
    readonly double _unknownScore;
    readonly int[]? _bytes;
    readonly string _where;

    /// <summary>A model of pieces in the order of their ids.</summary>
    internal UnigramModel(ModelVocabulary vocabulary, double[] scores, int unknown, bool byteFallback, string where)
    {
        Vocabulary = vocabulary;
        _scores = scores;
        _unknown = unknown;
        _where = where;
        foreach (var (piece, id) in vocabulary.Ids) { _pieces.Add(piece, id); }
        _unknownScore = scores.Aggregate(double.PositiveInfinity, (least, score) => score < least ? score : least) - UnknownPenalty;
        _bytes = byteFallback ? BytePieces.Ids(vocabulary) : null;
    }

    public ModelVocabulary Vocabulary { get; }

    public void Tokenize(ReadOnlySpan<char> word, List<ModelToken> into)
    {
        if (word.IsEmpty) { return; }
        var best = BestPath(word);
        var starts = new Stack<int>();
        for (var end = word.Length; end > 0;)
        {
            var start = best[end].Start;
            if (best[end].Id == _unknown)
            {
                // Neighbours that are unknown make one piece.
                while (start > 0 && best[start].Id == _unknown) { start = best[start].Start; }
            }
            starts.Push(start);
            end = start;
        }
        while (starts.TryPop(out var start))
        {
            var end = starts.TryPeek(out var next) ? next : word.Length;
            Say(word, start, end, into);
        }
    }

    Node[] BestPath(ReadOnlySpan<char> word)
    {
        var best = new Node[word.Length + 1];
        best.AsSpan().Fill(new Node(0, 0.0, -1));
        for (var start = 0; start < word.Length;)
        {
            var score = best[start].Score;
            _ = CodePoints.At(word, start, out var units);
            var alone = false;
            var node = CharTrie.Root;
            for (var end = start; end < word.Length && (node = _pieces.Step(node, word[end])) >= 0;)
            {
                end++;
                var id = _pieces.Value(node);
                if (id < 0) { continue; }
                Offer(ref best[end], id, score + _scores[id], start);
                alone |= end - start == units;
            }
            if (!alone) { Offer(ref best[start + units], _unknown, score + _unknownScore, start, needed: true); }
            start += units;
        }
        return best;
    }

    void Offer(ref Node node, int id, double score, int start, bool needed = false)
    {
        if (node.Start >= 0 && !(score > node.Score)) { return; }
        if (needed && id < 0) { Throw.NoUnknown(_where); }
        node = new Node(id, score, start);
    }

    void Say(ReadOnlySpan<char> word, int start, int end, List<ModelToken> into)
    {
        var piece = word[start..end];
        var id = Vocabulary.Id(piece);
        if (id < 0 && _bytes is not null)
        {
            var utf8 = Encoding.UTF8.GetBytes(piece.ToString());
            if (utf8.All(b => _bytes[b] >= 0))
            {
                foreach (var value in utf8) { into.Add(new ModelToken(_bytes[value], BytePieces.Text(value), start, end)); }
                return;
            }
        }
        if (id < 0 && (id = _unknown) < 0) { Throw.NoUnknown(_where); }
        into.Add(new ModelToken(id, piece.ToString(), start, end));
    }

    /// <summary>The best way found to a place: its last piece, the score, and where that piece starts.</summary>
    readonly record struct Node(int Id, double Score, int Start);

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoUnknown(string where) => throw new MalformedDataException(
            "TOK-3.2", where, "a character is not in the vocabulary, and unk_id names no token for it");
    }
}
