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

/// <summary>A template of three words: S:, U: and A:.</summary>
sealed class ByteChat(ChatCut cut) : IChatEncoder
{
    public ITextEncoder Text { get; } = new ByteText();

    public ChatCut Cut => cut;

    public EncodedSample EncodeAll(IReadOnlyList<ChatMessage> messages, string? tools) => Encode(messages, i => messages[i].Role == "assistant");

    public EncodedSample EncodeLast(IReadOnlyList<ChatMessage> messages, string? tools) => Encode(messages, i => i == messages.Count - 1);

    EncodedSample Encode(IReadOnlyList<ChatMessage> messages, Func<int, bool> isLearned)
    {
        var (ids, labels) = (new List<int>(), new List<int>());
        for (var i = 0; i < messages.Count; i++)
        {
            var turn = Text.Encode($"{messages[i].Role[..1].ToUpperInvariant()}:{messages[i].Content}\n");
            ids.AddRange(turn);
            labels.AddRange(isLearned(i) ? turn : Enumerable.Repeat(EncodedSample.Ignored, turn.Length));
        }
        return new EncodedSample([.. ids], [.. labels]);
    }
}
