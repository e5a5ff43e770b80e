using System.Globalization;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>The paths that filters take: <c>a.b.0</c>, looked up as items.</summary>
static class JinjaAttributePath
{
    /// <summary>What gets the path's value of an item; no path gets the item.</summary>
    internal static Func<JinjaValue, JinjaValue> Of(JinjaRun run, JinjaValue? path, JinjaValue? missing = null)
    {
        var parts = Parts(run, path);
        return item =>
        {
            foreach (var part in parts)
            {
                run.Step();
                item = JinjaAccess.Item(run, item, part);
                if (item is JinjaUndefined && missing is not null) { item = missing; }
            }
            return item;
        };
    }

    /// <summary>Several paths with commas between them, as a list of values.</summary>
    internal static Func<JinjaValue, JinjaValue> Many(JinjaRun run, JinjaValue? paths, Func<JinjaValue, JinjaValue> after)
    {
        JinjaValue?[] split = paths is JinjaString text ? [.. text.Text.Split(',').Select(p => new JinjaString(p))] : [paths];
        var getters = split.Select(p => Of(run, p)).ToArray();
        run.PayItems(getters.Length);
        return item =>
        {
            run.PayItems(getters.Length);
            return new JinjaList([.. getters.Select(get => after(get(item)))]);
        };
    }

    /// <summary>Text in lower case, where a filter is told to ignore case.</summary>
    internal static Func<JinjaValue, JinjaValue> IgnoreCase(bool isCaseSensitive) => value => !isCaseSensitive && value is JinjaString text ? new JinjaString(PythonText.Lower(text.Text)) : value;

    static JinjaValue[] Parts(JinjaRun run, JinjaValue? path)
    {
        switch (path)
        {
            case null or JinjaNone: return [];
            case JinjaString text:
                run.Pay(text.Text.Length);
                return [.. text.Text.Split('.').Select(Part)];
            default: return [path];
        }
    }

    static JinjaValue Part(string part) => part.Length is > 0 and < 19 && part.All(char.IsAsciiDigit) ? new JinjaInt(long.Parse(part, CultureInfo.InvariantCulture)) : new JinjaString(part);
}
