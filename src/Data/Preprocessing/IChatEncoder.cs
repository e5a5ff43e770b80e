using Ckpt.Data.Datasets;
using Ckpt.Data.Packing;

namespace Ckpt.Data.Preprocessing;

/// <summary>Makes ids and labels of conversations by a template. May be called from several threads at once.</summary>
public interface IChatEncoder
{
    /// <summary>The tokenizer behind it.</summary>
    ITextEncoder Text { get; }

    /// <summary>How the template shortens a conversation that is too long.</summary>
    ChatCut Cut { get; }

    /// <summary>The conversation with every answer learned.</summary>
    EncodedSample EncodeAll(IReadOnlyList<ChatMessage> messages, string? tools);

    /// <summary>The conversation with its last answer learned, the earlier ones given.</summary>
    EncodedSample EncodeLast(IReadOnlyList<ChatMessage> messages, string? tools);
}
