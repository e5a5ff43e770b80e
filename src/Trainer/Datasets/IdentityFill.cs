using Ckpt.Data.Datasets;

namespace Ckpt.Trainer.Datasets;

/// <summary>
/// Fills in who the model is. Of two names the first goes into Chinese rows and the second into the others, as ms-swift's
/// <c>--model_name</c> and <c>--model_author</c> say.
/// </summary>
sealed class IdentityFill(IReadOnlyList<string> names, IReadOnlyList<string> authors)
{
    readonly SelfCognition _chinese = new(names is [var name, ..] ? name : null, authors is [var author, ..] ? author : null);
    readonly SelfCognition _other = new(names is [.., var name] ? name : null, authors is [.., var author] ? author : null);

    internal DatasetExample Fill(DatasetExample example) => (IsChinese(example) ? _chinese : _other).Fill(example);

    static bool IsChinese(DatasetExample example) => example.Messages.Any(m => m.Content.AsSpan().IndexOfAnyInRange('一', '鿿') >= 0);
}
