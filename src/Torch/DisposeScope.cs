namespace Ckpt.Torch;

/// <summary>
/// Frees every tensor that was made on this thread since it was opened, unless it was moved out; opened by
/// <see cref="torch.NewDisposeScope"/>, and closed in the reverse order.
/// </summary>
public sealed class DisposeScope : IDisposable
{
    [ThreadStatic]
    static DisposeScope? s_current;

    readonly DisposeScope? _outer;
    readonly List<Tensor?> _tensors = [];
    int _gone;
    bool _disposed;

    internal DisposeScope()
    {
        _outer = s_current;
        s_current = this;
    }

    internal static DisposeScope? Current => s_current;

    /// <summary>How many tensors it would free now.</summary>
    public int Count => _tensors.Count - _gone;

    /// <summary>Hands the tensor to the scope around this one, or to nobody where there is none: then it is the caller's.</summary>
    public Tensor MoveToOuter(Tensor tensor)
    {
        tensor.LeaveScope();
        _outer?.Add(tensor);
        return tensor;
    }

    /// <summary>Frees what it holds, but stays open.</summary>
    public void DisposeEverything()
    {
        foreach (var tensor in _tensors)
        {
            if (tensor is not null)
            {
                tensor.ForgetScope();
                tensor.Dispose();
            }
        }
        _tensors.Clear();
        _gone = 0;
    }

    public void Dispose()
    {
        if (_disposed) { return; }
        _disposed = true;
        DisposeEverything();
        // Scopes inside that were left open, by an exception say, close with it.
        for (var scope = s_current; scope is not null; scope = scope._outer)
        {
            if (!ReferenceEquals(scope, this)) { continue; }
            while (!ReferenceEquals(s_current, this))
            {
                var inner = s_current!;
                inner._disposed = true;
                inner.DisposeEverything();
                s_current = inner._outer;
            }
            s_current = _outer;
            return;
        }
    }

    internal void Add(Tensor tensor)
    {
        if (_gone > 64 && _gone > _tensors.Count / 2) { Compact(); }
        tensor.EnterScope(this, _tensors.Count);
        _tensors.Add(tensor);
    }

    internal void Remove(int place)
    {
        if (place == _tensors.Count - 1)
        {
            _tensors.RemoveAt(place);
            return;
        }
        _tensors[place] = null;
        _gone++;
    }

    void Compact()
    {
        var kept = 0;
        for (var i = 0; i < _tensors.Count; i++)
        {
            if (_tensors[i] is not { } tensor) { continue; }
            tensor.EnterScope(this, kept);
            _tensors[kept++] = tensor;
        }
        _tensors.RemoveRange(kept, _tensors.Count - kept);
        _gone = 0;
    }
}
