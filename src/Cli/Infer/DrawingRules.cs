using Ckpt.Inference.Generation;

namespace Ckpt.Cli.Infer;

/// <summary>How tokens are chosen: as the flags say, else as generation_config.json does (INF-6.3).</summary>
static class DrawingRules
{
    // transformers' GenerationConfig, where neither says.
    const int UsualTopK = 50;

    internal static GenerationOptions Of(InferArguments arguments, GenerationDefaults defaults)
    {
        var options = new GenerationOptions
        {
            MaxNewTokens = arguments.MaxNewTokens ?? InferArguments.DefaultNewTokens,
            RepetitionPenalty = (float)(arguments.RepetitionPenalty ?? defaults.RepetitionPenalty ?? 1),
            Seed = arguments.Seed,
        };
        // ms-swift: a model whose tokens are not drawn is greedy until a temperature is asked for.
        var temperature = arguments.Temperature ?? (defaults.DoSample ? defaults.Temperature ?? 1 : 0);
        return temperature == 0 ? options : options with
        {
            Temperature = (float)temperature,
            TopK = arguments.TopK ?? defaults.TopK ?? UsualTopK,
            TopP = (float)(arguments.TopP ?? defaults.TopP ?? 1),
        };
    }
}
