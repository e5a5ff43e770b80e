using Ckpt.Data.Datasets;
using Ckpt.Data.Packing;

namespace Ckpt.Data.Preprocessing;

/// <summary>Makes ids and labels of conversations by a template. May be called from several threads at once.</summary>
public interface IChatEncoder
{
    /// <summary>The tokenizer behind it.</summary>
    ITextEncoder Text { get; }

    /// <summary>The example's conversation with every answer learned, shortened by the template's own rule for sequences of <paramref name="length"/> (DAT-6.4).</summary>
    EncodedSample EncodeAll(DatasetExample example, int length);

    /// <summary>A conversation of the example with its last answer learned and the earlier ones given, shortened likewise.</summary>
    EncodedSample EncodeLast(DatasetExample example, IReadOnlyList<ChatMessage> messages, int length);
}
