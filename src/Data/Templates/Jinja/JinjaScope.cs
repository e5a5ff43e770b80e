namespace Ckpt.Data.Templates.Jinja;

/// <summary>The variables of a block, and the block that it stands in.</summary>
sealed class JinjaScope(JinjaScope? outer)
{
    Dictionary<string, JinjaValue>? _values;

    internal JinjaValue? Find(string name)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope._values is not null && scope._values.TryGetValue(name, out var value)) { return value; }
        }
        return null;
    }

    internal JinjaScope? Outer { get; } = outer;

    internal void Set(string name, JinjaValue value) => (_values ??= new(StringComparer.Ordinal))[name] = value;
}
