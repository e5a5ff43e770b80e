namespace Ckpt.Data.Templates.Named;

/// <summary>How MindSpeed-LLM's engine goes through a template: its <c>template_class</c>.</summary>
public enum MindSpeedKind
{
    /// <summary>Separators between turns; a sample of exactly the cut-off length can come out.</summary>
    Plain,

    /// <summary>As plain, with the system text inside the first question.</summary>
    Llama2,

    /// <summary>No separators; room for one more token is left.</summary>
    LlamaFactory,

    /// <summary>Separators, and thoughts put in or out; room for one more token is left.</summary>
    Reasoning,
}
