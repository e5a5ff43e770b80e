namespace Ckpt.Data.Datasets;

/// <summary>Fills the model's name and its makers' into rows of the self-cognition kind, where they stand as <c>{{NAME}}</c> and <c>{{AUTHOR}}</c>.</summary>
public sealed record SelfCognition(string? Name, string? Author)
{
    /// <summary>The example with the placeholders filled that a value was given for (DAT-3.7).</summary>
    public DatasetExample Fill(DatasetExample example) => Name is null && Author is null ? example : example with
    {
        Messages = Fill(example.Messages),
        Rejected = example.Rejected is null ? null : Fill(example.Rejected),
    };

    List<ChatMessage> Fill(IReadOnlyList<ChatMessage> messages) => [.. messages.Select(m => m with { Content = Fill(m.Content) })];

    string Fill(string text)
    {
        if (!text.Contains("{{", StringComparison.Ordinal)) { return text; }
        if (Name is not null) { text = text.Replace("{{NAME}}", Name, StringComparison.Ordinal); }
        return Author is null ? text : text.Replace("{{AUTHOR}}", Author, StringComparison.Ordinal);
    }
}
