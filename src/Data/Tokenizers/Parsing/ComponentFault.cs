using System.Diagnostics.CodeAnalysis;

namespace Ckpt.Data.Tokenizers.Parsing;

/// <summary>Faults that the parsers of all components share.</summary>
static class ComponentFault
{
    /// <summary>A component, or an option of one, that is not handled.</summary>
    [DoesNotReturn]
    internal static void Unsupported(string where, string what, string handled) => throw new UnsupportedDataException(
        "TOK-1.3", where, $"{what} is not supported; handled are {handled}");

    /// <summary>A value that is none of those allowed.</summary>
    [DoesNotReturn]
    internal static void NotOneOf(JsonPart part, string found, string allowed) => throw new MalformedDataException(
        "TOK-1.2", part.Where, $"{Quoted.Text(found)} is none of {allowed}");
}
