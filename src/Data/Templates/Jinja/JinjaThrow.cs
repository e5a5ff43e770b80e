using System.Diagnostics.CodeAnalysis;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>The faults of templates, each with the class that jinja2 or Python raises. They throw; the type lets a caller say so too.</summary>
static class JinjaThrow
{
    /// <summary>Messages quote the template's values; this is enough of any.</summary>
    const int LongestMessage = 400;

    [DoesNotReturn]
    internal static Exception Syntax(string where, int line, string message, string errorClass = "TemplateSyntaxError") => throw new TemplateException("TPL-1.1", errorClass, $"{where}: line {line}", Cut(message));

    [DoesNotReturn]
    internal static Exception UnknownName(string where, int line, string message) => throw new TemplateException("TPL-1.2", "TemplateAssertionError", $"{where}: line {line}", Cut(message));

    [DoesNotReturn]
    internal static Exception TooLong(string where, int length) => throw new TemplateException(
        "TPL-1.3", "LimitError", where, $"the template has {length} characters, {TemplateLimits.MaxSource} are allowed");

    [DoesNotReturn]
    internal static Exception NestedTooDeep(string where, int line, int most) => throw new TemplateException(
        "TPL-1.4", "RecursionError", $"{where}: line {line}", $"more than {most} blocks or brackets inside each other");

    [DoesNotReturn]
    internal static Exception Runtime(JinjaRun run, string message) => throw new TemplateException("TPL-1.2", "TemplateRuntimeError", run.Where, Cut(message));

    [DoesNotReturn]
    internal static Exception Undefined(JinjaRun run, string message) => throw new TemplateException("TPL-2.4", "UndefinedError", run.Where, Cut(message));

    /// <summary>A value of the wrong type, or of the right type and the wrong value: whatever Python calls it.</summary>
    [DoesNotReturn]
    internal static Exception Python(JinjaRun run, string errorClass, string message) => throw new TemplateException("TPL-2.5", errorClass, run.Where, Cut(message));

    [DoesNotReturn]
    internal static Exception Type(JinjaRun run, string message) => Python(run, "TypeError", message);

    [DoesNotReturn]
    internal static Exception Value(JinjaRun run, string message) => Python(run, "ValueError", message);

    [DoesNotReturn]
    internal static Exception Argument(JinjaRun run, string message) => Python(run, "FilterArgumentError", message);

    [DoesNotReturn]
    internal static Exception Unsupported(JinjaRun run, string what) => throw new UnsupportedDataException("TPL-2.6", run.Where, $"{what} is not handled; a chat template has no use for it");

    [DoesNotReturn]
    internal static Exception Security(JinjaRun run, string message) => throw new TemplateException("TPL-3.1", "SecurityError", run.Where, Cut(message));

    [DoesNotReturn]
    internal static Exception Limit(JinjaRun run, string message) => throw new TemplateException("TPL-3.2", "LimitError", run.Where, message + " would be needed");

    [DoesNotReturn]
    internal static Exception TooDeep(JinjaRun run, int most) => throw new TemplateException(
        "TPL-3.3", "RecursionError", run.Where, $"more than {most} expressions and statements inside each other");

    [DoesNotReturn]
    internal static Exception Raised(JinjaRun run, string message) => throw new TemplateException("TPL-4.3", "TemplateError", run.Where, Cut(message));

    static string Cut(string message) => message.Length <= LongestMessage ? message : message[..LongestMessage] + "…";
}
