namespace Ckpt.Data.Templates.Jinja;

/// <summary>A statement of a template, as parsed.</summary>
abstract record JinjaStatement(int Line);

sealed record JinjaData(int Line, string Text) : JinjaStatement(Line);

sealed record JinjaOutput(int Line, JinjaExpression Value) : JinjaStatement(Line);

sealed record JinjaIf(int Line, (JinjaExpression Test, JinjaStatement[] Body)[] Branches, JinjaStatement[] Else) : JinjaStatement(Line);

sealed record JinjaFor(int Line, JinjaExpression Target, JinjaExpression Items, JinjaExpression? Test, bool IsRecursive, JinjaStatement[] Body, JinjaStatement[] Else) : JinjaStatement(Line);

sealed record JinjaSet(int Line, JinjaExpression Target, JinjaExpression Value) : JinjaStatement(Line);

sealed record JinjaSetBlock(int Line, JinjaExpression Target, JinjaExpression? Filter, JinjaStatement[] Body) : JinjaStatement(Line);

sealed record JinjaWith(int Line, (JinjaExpression Target, JinjaExpression Value)[] Values, JinjaStatement[] Body) : JinjaStatement(Line);

sealed record JinjaFilterBlock(int Line, JinjaExpression Filter, JinjaStatement[] Body) : JinjaStatement(Line);

/// <summary>What a macro, or the body of a <c>call</c>, takes.</summary>
sealed record JinjaSignature(string[] Names, JinjaExpression?[] Defaults, bool UsesCaller, bool UsesVarargs, bool UsesKwargs);

sealed record JinjaMacroDefinition(int Line, string Name, JinjaSignature Signature, JinjaStatement[] Body) : JinjaStatement(Line);

sealed record JinjaCallBlock(int Line, JinjaSignature Signature, JinjaCall Call, JinjaStatement[] Body) : JinjaStatement(Line);

/// <summary>A scope of its own; a generation block is one whose text is what the assistant said (TPL-4.1).</summary>
sealed record JinjaBlock(int Line, JinjaStatement[] Body, bool IsGeneration) : JinjaStatement(Line);

/// <summary><c>include</c>, <c>import</c>, <c>from</c>, <c>extends</c>: there is no loader to serve them.</summary>
sealed record JinjaLoad(int Line) : JinjaStatement(Line);

/// <summary><c>break</c> or <c>continue</c>.</summary>
sealed record JinjaJump(int Line, bool IsBreak) : JinjaStatement(Line);
