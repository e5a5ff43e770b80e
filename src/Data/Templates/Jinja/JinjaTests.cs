using System.Numerics;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>The tests by name, as jinja2 has them.</summary>
static class JinjaTests
{
    static readonly (string Sign, string[] Names)[] s_comparisons =
    [
        ("==", ["==", "eq", "equalto"]), ("!=", ["!=", "ne"]), (">", [">", "gt", "greaterthan"]), (">=", [">=", "ge"]), ("<", ["<", "lt", "lessthan"]), ("<=", ["<=", "le"]),
    ];

    /// <summary>A test's first argument is the value in question.</summary>
    internal static IReadOnlyDictionary<string, Func<JinjaArguments, bool>> All { get; } = Table();

    static Dictionary<string, Func<JinjaArguments, bool>> Table()
    {
        var table = new Dictionary<string, Func<JinjaArguments, bool>>(StringComparer.Ordinal)
        {
            ["odd"] = a => IsRest(a, One(a, "odd"), new JinjaInt(2), 1),
            ["even"] = a => IsRest(a, One(a, "even"), new JinjaInt(2), 0),
            ["divisibleby"] = a => Two(a, "divisibleby", "num") is var (value, by) && IsRest(a, value, by, 0),
            ["defined"] = a => One(a, "defined") is not JinjaUndefined,
            ["undefined"] = a => One(a, "undefined") is JinjaUndefined,
            ["filter"] = a => One(a, "filter") is JinjaString name && JinjaFilters.All.ContainsKey(name.Text),
            ["test"] = a => One(a, "test") is JinjaString name && All!.ContainsKey(name.Text),
            ["none"] = a => One(a, "none") is JinjaNone,
            ["boolean"] = a => One(a, "boolean") is JinjaBool,
            ["false"] = a => One(a, "false") is JinjaBool { Value: false },
            ["true"] = a => One(a, "true") is JinjaBool { Value: true },
            ["integer"] = a => One(a, "integer") is JinjaInt,
            ["float"] = a => One(a, "float") is JinjaFloat,
            ["lower"] = a => PythonText.AllCased(JinjaText.Str(a.Run, One(a, "lower")), upper: false),
            ["upper"] = a => PythonText.AllCased(JinjaText.Str(a.Run, One(a, "upper")), upper: true),
            ["string"] = a => One(a, "string") is JinjaString,
            ["mapping"] = a => One(a, "mapping") is JinjaDict,
            ["number"] = a => JinjaNumbers.IsNumber(One(a, "number")),
            ["sequence"] = a => One(a, "sequence") is JinjaString or JinjaList or JinjaTuple or JinjaDict or JinjaRange or JinjaUndefined,
            ["iterable"] = a => JinjaIteration.IsIterable(One(a, "iterable")),
            ["callable"] = a => One(a, "callable") is JinjaFunction or JinjaMacro or JinjaLoop or JinjaUndefined,
            ["sameas"] = a => Two(a, "sameas", "other") is var (value, other) && JinjaEquality.AreSame(value, other),
            ["escaped"] = a => One(a, "escaped") is JinjaString { IsMarkup: true },
            ["in"] = a => Two(a, "in", "seq") is var (value, sequence) && JinjaOperators.Contains(a.Run, sequence, value),
        };
        foreach (var (sign, names) in s_comparisons)
        {
            foreach (var name in names) { table[name] = a => Two(a, name, "b") is var (left, right) && JinjaOperators.Compare(a.Run, sign, left, right); }
        }
        return table;
    }

    static JinjaValue One(JinjaArguments arguments, string name) => arguments.Bind(name, 1, "value")[0]!;

    static (JinjaValue Value, JinjaValue Other) Two(JinjaArguments arguments, string name, string second) =>
        arguments.Bind(name, 2, "value", second) is [{ } value, { } other] ? (value, other) : default;

    static bool IsRest(JinjaArguments arguments, JinjaValue value, JinjaValue by, BigInteger rest) =>
        JinjaEquality.AreEqual(arguments.Run, JinjaOperators.Binary(arguments.Run, "%", value, by), new JinjaInt(rest));
}
