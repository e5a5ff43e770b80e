using System.Text;
using Ckpt.Data.Datasets;
using Ckpt.Data.Packing;
using Ckpt.Data.Preprocessing;

namespace Ckpt.PropertyTests.Data;

/// <summary>One token a byte: what a tokenizer does, in a line.</summary>
sealed class ByteText : ITextEncoder
{
    public int[] Encode(string text) => [.. Encoding.UTF8.GetBytes(text).Select(b => (int)b)];

    public int? EndOfDocument => 257;

    public int? Padding => 256;

    public int VocabularySize => 258;
}

/// <summary>A template of three words (S:, U: and A:), which shortens as templates of MindSpeed do.</summary>
sealed class ByteChat(bool isFair) : IChatEncoder
{
    public ITextEncoder Text { get; } = new ByteText();

    public EncodedSample EncodeAll(DatasetExample example, int length) => Encode(example.Messages, length, i => example.Messages[i].Role == "assistant");

    public EncodedSample EncodeLast(DatasetExample example, IReadOnlyList<ChatMessage> messages, int length) => Encode(messages, length, i => i == messages.Count - 1);

    EncodedSample Encode(IReadOnlyList<ChatMessage> messages, int length, Func<int, bool> isLearned)
    {
        var (ids, labels) = (new List<int>(), new List<int>());
        for (var i = 0; i < messages.Count; i++)
        {
            var turn = Text.Encode($"{messages[i].Role[..1].ToUpperInvariant()}:{messages[i].Content}\n");
            ids.AddRange(turn);
            labels.AddRange(isLearned(i) ? turn : Enumerable.Repeat(EncodedSample.Ignored, turn.Length));
        }
        var sample = new EncodedSample([.. ids], [.. labels]);
        return isFair ? TurnCut.Cut(sample, length - 1, PairBudget.Fair) : TurnCut.Cut(sample, length, PairBudget.Proportional);
    }
}
