namespace Ckpt.Data.Templates.Jinja;

/// <summary>An expression of a template, as parsed.</summary>
abstract record JinjaExpression(int Line);

sealed record JinjaConstant(int Line, JinjaValue Value) : JinjaExpression(Line);

sealed record JinjaName(int Line, string Name) : JinjaExpression(Line);

/// <summary><c>ns.name</c> as the target of an assignment.</summary>
sealed record JinjaNamespaceTarget(int Line, string Name, string Attribute) : JinjaExpression(Line);

sealed record JinjaSequence(int Line, JinjaExpression[] Items, bool IsTuple) : JinjaExpression(Line);

sealed record JinjaDictLiteral(int Line, (JinjaExpression Key, JinjaExpression Value)[] Items) : JinjaExpression(Line);

sealed record JinjaConditional(int Line, JinjaExpression Test, JinjaExpression Then, JinjaExpression? Else) : JinjaExpression(Line);

/// <summary><c>and</c> or <c>or</c>.</summary>
sealed record JinjaLogical(int Line, bool IsAnd, JinjaExpression Left, JinjaExpression Right) : JinjaExpression(Line);

sealed record JinjaNot(int Line, JinjaExpression Operand) : JinjaExpression(Line);

sealed record JinjaComparison(int Line, JinjaExpression First, (string Sign, JinjaExpression Operand)[] Rest) : JinjaExpression(Line);

sealed record JinjaBinary(int Line, string Sign, JinjaExpression Left, JinjaExpression Right) : JinjaExpression(Line);

sealed record JinjaUnary(int Line, string Sign, JinjaExpression Operand) : JinjaExpression(Line);

sealed record JinjaConcat(int Line, JinjaExpression[] Parts) : JinjaExpression(Line);

sealed record JinjaAttribute(int Line, JinjaExpression Target, string Name) : JinjaExpression(Line);

sealed record JinjaItem(int Line, JinjaExpression Target, JinjaExpression Index) : JinjaExpression(Line);

sealed record JinjaSlice(int Line, JinjaExpression? Start, JinjaExpression? Stop, JinjaExpression? Step) : JinjaExpression(Line);

sealed record JinjaCall(int Line, JinjaExpression Target, JinjaCallArguments Arguments) : JinjaExpression(Line);

/// <summary>A filter; the operand of a filter block is what the block wrote.</summary>
sealed record JinjaFilter(int Line, JinjaExpression? Operand, string Name, JinjaCallArguments Arguments) : JinjaExpression(Line);

sealed record JinjaTest(int Line, JinjaExpression Operand, string Name, JinjaCallArguments Arguments) : JinjaExpression(Line);

/// <summary>The arguments of a call as written.</summary>
sealed record JinjaCallArguments(JinjaExpression[] Positional, (string Name, JinjaExpression Value)[] Named, JinjaExpression? Star, JinjaExpression? DoubleStar)
{
    internal static JinjaCallArguments None { get; } = new([], [], null, null);
}
