namespace Ckpt.Data.Templates.Jinja;

/// <summary>What a call was given.</summary>
sealed class JinjaArguments(JinjaRun run, JinjaValue[] positional, OrderedDictionary<string, JinjaValue> named)
{
    internal static OrderedDictionary<string, JinjaValue> NoNames { get; } = [];

    internal JinjaRun Run { get; } = run;

    internal JinjaValue[] Positional { get; } = positional;

    internal OrderedDictionary<string, JinjaValue> Named { get; } = named;

    /// <summary>The value of each parameter, null where it was not given.</summary>
    /// <param name="function">For messages.</param>
    /// <param name="required">How many must be given.</param>
    /// <param name="names">The parameters' names, in order.</param>
    internal JinjaValue?[] Bind(string function, int required, params ReadOnlySpan<string> names)
    {
        if (Positional.Length > names.Length) { JinjaThrow.Type(Run, $"{function}() takes {names.Length} arguments but {Positional.Length} were given"); }
        var values = new JinjaValue?[names.Length];
        Positional.CopyTo(values, 0);
        foreach (var (name, value) in Named)
        {
            var index = names.IndexOf(name);
            if (index < 0) { JinjaThrow.Type(Run, $"{function}() got an unexpected keyword argument '{name}'"); }
            if (values[index] is not null) { JinjaThrow.Type(Run, $"{function}() got multiple values for argument '{name}'"); }
            values[index] = value;
        }
        for (var i = 0; i < required; i++)
        {
            if (values[i] is null) { JinjaThrow.Type(Run, $"{function}() missing 1 required positional argument: '{names[i]}'"); }
        }
        return values;
    }

    /// <summary>The arguments without the first of them.</summary>
    internal JinjaArguments Skip(int count) => new(Run, Positional[Math.Min(count, Positional.Length)..], Named);
}
