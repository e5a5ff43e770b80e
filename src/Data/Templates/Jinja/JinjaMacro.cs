namespace Ckpt.Data.Templates.Jinja;

/// <summary>A macro, or the body of a call block, with the variables around it.</summary>
sealed class JinjaMacro(string? name, JinjaSignature signature, JinjaStatement[] body, JinjaScope scope) : JinjaValue("Macro")
{
    internal string? Name { get; } = name;

    internal JinjaSignature Signature { get; } = signature;

    internal JinjaStatement[] Body { get; } = body;

    internal JinjaScope Scope { get; } = scope;
}
