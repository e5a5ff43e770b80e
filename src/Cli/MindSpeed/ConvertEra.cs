namespace Ckpt.Cli.MindSpeed;

/// <summary>Whose command line a line of <c>convert_ckpt</c> is in.</summary>
enum ConvertEra
{
    /// <summary><c>convert_ckpt.py</c> of MindSpeed-LLM up to 26.0.0, "V1".</summary>
    First,

    /// <summary><c>convert_ckpt_v2.py</c>, "V2".</summary>
    Second,
}
