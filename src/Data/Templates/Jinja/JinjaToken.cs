namespace Ckpt.Data.Templates.Jinja;

enum JinjaTokenKind { Data, VariableBegin, VariableEnd, BlockBegin, BlockEnd, Name, Text, Number, Operator, End }

/// <summary>A token of a template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The data, the name, the operator, or the string without its quotes and escapes.</param>
/// <param name="Line">Where it starts.</param>
/// <param name="Number">The value of a number.</param>
readonly record struct JinjaToken(JinjaTokenKind Kind, string Text, int Line, JinjaValue? Number = null)
{
    internal bool Is(JinjaTokenKind kind, string text) => Kind == kind && Text == text;

    /// <summary>As jinja2 says it in messages.</summary>
    internal string Description => Kind switch
    {
        JinjaTokenKind.VariableBegin => "begin of print statement",
        JinjaTokenKind.VariableEnd => "end of print statement",
        JinjaTokenKind.BlockBegin => "begin of statement block",
        JinjaTokenKind.BlockEnd => "end of statement block",
        JinjaTokenKind.Data => "template data / text",
        JinjaTokenKind.End => "end of template",
        _ => Text,
    };
}
