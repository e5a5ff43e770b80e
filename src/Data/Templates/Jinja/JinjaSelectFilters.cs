namespace Ckpt.Data.Templates.Jinja;

/// <summary>map, select, reject and their like by attribute: lazy, as in Python.</summary>
static class JinjaSelectFilters
{
    internal static JinjaValue Map(JinjaArguments arguments)
    {
        if (arguments.Positional.Length == 0) { arguments.Bind("map", 1, "value"); }
        return new JinjaIterator(Mapped(arguments.Run, arguments.Positional[0], arguments.Skip(1)));
    }

    internal static JinjaValue Select(JinjaArguments arguments, bool keeps, bool byAttribute)
    {
        if (arguments.Positional.Length == 0) { arguments.Bind("select", 1, "value"); }
        return new JinjaIterator(Selected(arguments.Run, arguments.Positional[0], arguments.Skip(1), keeps, byAttribute));
    }

    static IEnumerable<JinjaValue> Mapped(JinjaRun run, JinjaValue value, JinjaArguments arguments)
    {
        if (!JinjaOperators.Truth(run, value)) { yield break; }
        var map = Mapping(run, arguments);
        foreach (var item in JinjaIteration.Items(run, value)) { yield return map(item); }
    }

    static Func<JinjaValue, JinjaValue> Mapping(JinjaRun run, JinjaArguments arguments)
    {
        if (arguments.Positional.Length == 0 && arguments.Named.TryGetValue("attribute", out var attribute))
        {
            foreach (var name in arguments.Named.Keys)
            {
                if (name is not ("attribute" or "default")) { JinjaThrow.Argument(run, $"Unexpected keyword argument '{name}'"); }
            }
            var missing = arguments.Named.GetValueOrDefault("default");
            return JinjaAttributePath.Of(run, attribute, missing is JinjaNone ? null : missing);
        }
        if (arguments.Positional.Length == 0) { JinjaThrow.Argument(run, "map requires a filter argument"); }
        var filter = Name(arguments.Positional[0]);
        if (!JinjaFilters.All.TryGetValue(filter, out var apply)) { JinjaThrow.Runtime(run, $"No filter named '{filter}'."); }
        var rest = arguments.Skip(1);
        return item => apply(new JinjaArguments(run, [item, .. rest.Positional], rest.Named));
    }

    static IEnumerable<JinjaValue> Selected(JinjaRun run, JinjaValue value, JinjaArguments arguments, bool keeps, bool byAttribute)
    {
        if (!JinjaOperators.Truth(run, value)) { yield break; }
        var look = (JinjaValue item) => item;
        if (byAttribute)
        {
            if (arguments.Positional.Length == 0) { JinjaThrow.Argument(run, "Missing parameter for attribute name"); }
            look = JinjaAttributePath.Of(run, arguments.Positional[0]);
            arguments = arguments.Skip(1);
        }
        var test = Testing(run, arguments);
        foreach (var item in JinjaIteration.Items(run, value))
        {
            if (test(look(item)) == keeps) { yield return item; }
        }
    }

    static Func<JinjaValue, bool> Testing(JinjaRun run, JinjaArguments arguments)
    {
        if (arguments.Positional.Length == 0) { return item => JinjaOperators.Truth(run, item); }
        var name = Name(arguments.Positional[0]);
        if (!JinjaTests.All.TryGetValue(name, out var test)) { JinjaThrow.Runtime(run, $"No test named '{name}'."); }
        var rest = arguments.Skip(1);
        return item => test(new JinjaArguments(run, [item, .. rest.Positional], rest.Named));
    }

    static string Name(JinjaValue value) => value is JinjaString text ? text.Text : value.TypeName;
}
