namespace Ckpt.Data.Templates;

/// <summary>
/// A template that cannot be parsed, or whose rendering was refused: by Python's rules, by the sandbox, by the template itself or by a limit.
/// </summary>
/// <param name="clause">The clause of <c>spec/templates.md</c>.</param>
/// <param name="errorClass">The class of the exception that transformers would raise.</param>
/// <param name="where">The template, and the line in it.</param>
/// <param name="message">What was found and what was allowed.</param>
public sealed class TemplateException(string clause, string errorClass, string where, string message)
    : DataFormatException(clause, where, $"{errorClass}: {message}", null)
{
    /// <summary>The name of the Python class, such as <c>UndefinedError</c>; <c>LimitError</c> where only we refuse.</summary>
    public string ErrorClass { get; } = errorClass;
}
