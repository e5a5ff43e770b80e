using System.Text.Json.Nodes;
using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Views;

/// <summary>
/// A checkpoint seen through views: some of its tensors replaced, hidden, or joined by others that are computed when read. To whoever plans and
/// copies it is a checkpoint like any other.
/// </summary>
public sealed class ViewedCheckpoint : ICheckpointReader
{
    readonly ICheckpointReader _inner;
    readonly Dictionary<string, TensorView> _views = new(StringComparer.Ordinal);

    /// <summary>The inner checkpoint, which is disposed with this one, with these views in it.</summary>
    /// <param name="inner">An opened checkpoint.</param>
    /// <param name="views">A view takes the place of the tensor of its name; where there is none it comes behind all others, in the order given.</param>
    /// <param name="hidden">Names that are not to be seen; a view may use what is hidden.</param>
    public ViewedCheckpoint(ICheckpointReader inner, IReadOnlyList<TensorView> views, Predicate<string>? hidden = null)
    {
        _inner = inner;
        foreach (var view in views) { _views.Add(view.Info.Name, view); }
        var tensors = new List<TensorInfo>(inner.Tensors.Count + views.Count);
        var replaced = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in inner.Tensors)
        {
            if (_views.TryGetValue(tensor.Name, out var view)) { tensors.Add(view.Info); replaced.Add(tensor.Name); }
            else if (hidden?.Invoke(tensor.Name) != true) { tensors.Add(tensor); }
        }
        foreach (var view in views)
        {
            if (!replaced.Contains(view.Info.Name)) { tensors.Add(view.Info); }
        }
        Tensors = tensors;
    }

    /// <summary>What is viewed.</summary>
    public ICheckpointReader Inner => _inner;

    public string Format => _inner.Format;

    public string Path => _inner.Path;

    public IReadOnlyList<FileEntry> Files => _inner.Files;

    public IReadOnlyList<TensorInfo> Tensors { get; }

    public IReadOnlyList<ObjectInfo> Objects => _inner.Objects;

    /// <summary>Bytes of memory that all views hold.</summary>
    public long HeldBytes => _views.Values.Sum(static v => v.HeldBytes) + ((_inner as ViewedCheckpoint)?.HeldBytes ?? 0);

    public ReadingCost ReadingCost => _inner.ReadingCost;

    public JsonObject Describe() => _inner.Describe();

    public BoxPayload Locate(TensorInfo tensor, int box) =>
        _views.TryGetValue(tensor.Name, out var view) && ReferenceEquals(view.Info, tensor) ? view.Locate(box) : _inner.Locate(tensor, box);

    public void Dispose() => _inner.Dispose();
}
