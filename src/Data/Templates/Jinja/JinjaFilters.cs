namespace Ckpt.Data.Templates.Jinja;

/// <summary>The filters by name: jinja2's own, with transformers' <c>tojson</c>.</summary>
static class JinjaFilters
{
    /// <summary>A filter's first argument is the value that it stands behind.</summary>
    internal static IReadOnlyDictionary<string, Func<JinjaArguments, JinjaValue>> All { get; } = new Dictionary<string, Func<JinjaArguments, JinjaValue>>(StringComparer.Ordinal)
    {
        ["abs"] = JinjaNumberFilters.Abs,
        ["attr"] = JinjaItemFilters.Attr,
        ["batch"] = JinjaItemFilters.Batch,
        ["capitalize"] = a => JinjaTextFilters.Map(a, "capitalize", PythonText.Capitalize),
        ["center"] = JinjaTextFilters.Center,
        ["count"] = JinjaItemFilters.Length,
        ["d"] = JinjaItemFilters.Default,
        ["default"] = JinjaItemFilters.Default,
        ["dictsort"] = JinjaOrderFilters.DictSort,
        ["e"] = a => JinjaOperators.Escape(a.Run, a.Bind("escape", 1, "s")[0]!),
        ["escape"] = a => JinjaOperators.Escape(a.Run, a.Bind("escape", 1, "s")[0]!),
        ["filesizeformat"] = JinjaNumberFilters.FileSize,
        ["first"] = JinjaItemFilters.First,
        ["float"] = JinjaNumberFilters.Float,
        ["forceescape"] = a => JinjaOperators.Escape(a.Run, new JinjaString(JinjaText.Str(a.Run, a.Bind("forceescape", 1, "value")[0]!))),
        ["format"] = JinjaTextFilters.Format,
        ["groupby"] = JinjaOrderFilters.GroupBy,
        ["indent"] = JinjaTextFilters.Indent,
        ["int"] = JinjaNumberFilters.Int,
        ["items"] = JinjaItemFilters.Items,
        ["join"] = JinjaItemFilters.Join,
        ["last"] = JinjaItemFilters.Last,
        ["length"] = JinjaItemFilters.Length,
        ["list"] = a => new JinjaList(JinjaIteration.ToArray(a.Run, a.Bind("list", 1, "value")[0]!)),
        ["lower"] = a => JinjaTextFilters.Map(a, "lower", PythonText.Lower),
        ["map"] = JinjaSelectFilters.Map,
        ["max"] = a => JinjaOrderFilters.Extreme(a, "max", 1),
        ["min"] = a => JinjaOrderFilters.Extreme(a, "min", -1),
        ["pprint"] = JinjaTextFilters.PrettyPrint,
        ["random"] = a => Refuse(a, "the filter 'random'"),
        ["reject"] = a => JinjaSelectFilters.Select(a, keeps: false, byAttribute: false),
        ["rejectattr"] = a => JinjaSelectFilters.Select(a, keeps: false, byAttribute: true),
        ["replace"] = JinjaTextFilters.Replace,
        ["reverse"] = JinjaItemFilters.Reverse,
        ["round"] = JinjaNumberFilters.Round,
        ["safe"] = a => new JinjaString(JinjaText.Str(a.Run, a.Bind("safe", 1, "value")[0]!), isMarkup: true),
        ["select"] = a => JinjaSelectFilters.Select(a, keeps: true, byAttribute: false),
        ["selectattr"] = a => JinjaSelectFilters.Select(a, keeps: true, byAttribute: true),
        ["slice"] = JinjaItemFilters.Slice,
        ["sort"] = JinjaOrderFilters.Sort,
        ["string"] = a => a.Bind("string", 1, "object")[0] is JinjaString text ? text : new JinjaString(JinjaText.Str(a.Run, a.Positional[0])),
        ["striptags"] = JinjaTextFilters.StripTags,
        ["sum"] = JinjaNumberFilters.Sum,
        ["title"] = a => JinjaTextFilters.Map(a, "title", JinjaTextFilters.TitleWords),
        ["tojson"] = JinjaJson.Filter,
        ["trim"] = JinjaTextFilters.Trim,
        ["truncate"] = JinjaTextFilters.Truncate,
        ["unique"] = JinjaOrderFilters.Unique,
        ["upper"] = a => JinjaTextFilters.Map(a, "upper", PythonText.Upper),
        ["urlencode"] = JinjaTextFilters.UrlEncode,
        ["urlize"] = a => Refuse(a, "the filter 'urlize'"),
        ["wordcount"] = JinjaTextFilters.WordCount,
        ["wordwrap"] = JinjaTextFilters.WordWrap,
        ["xmlattr"] = JinjaTextFilters.XmlAttributes,
    };

    static JinjaNone Refuse(JinjaArguments arguments, string what)
    {
        JinjaThrow.Unsupported(arguments.Run, what);
        return JinjaNone.Instance;
    }
}
