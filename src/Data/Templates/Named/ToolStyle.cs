namespace Ckpt.Data.Templates.Named;

/// <summary>How a template writes tools, calls and results.</summary>
public enum ToolStyle
{
    /// <summary>Signatures in the system text, calls in <c>&lt;tool_call&gt;</c>, results in <c>&lt;tool_response&gt;</c> as a user's.</summary>
    Hermes,

    /// <summary>Signatures before the first question, calls as bare JSON, results as turns of a tool.</summary>
    Llama3,
}
