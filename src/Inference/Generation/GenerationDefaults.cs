using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Inference.Descriptions;

namespace Ckpt.Inference.Generation;

/// <summary>What a model's generation_config.json says of choosing and ending; null where it does not say (INF-6.3).</summary>
public sealed record GenerationDefaults
{
    /// <summary>Tokens that end a sequence.</summary>
    public IReadOnlyList<int> EosIds { get; init; } = [];

    /// <summary>Whether tokens are drawn; else the best is taken.</summary>
    public bool DoSample { get; init; }

    /// <summary>See <see cref="GenerationOptions.Temperature"/>.</summary>
    public double? Temperature { get; init; }

    /// <summary>See <see cref="GenerationOptions.TopK"/>.</summary>
    public int? TopK { get; init; }

    /// <summary>See <see cref="GenerationOptions.TopP"/>.</summary>
    public double? TopP { get; init; }

    /// <summary>See <see cref="GenerationOptions.RepetitionPenalty"/>.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>Reads the file.</summary>
    /// <exception cref="MalformedCheckpointException">INF-6.3: it is no JSON object.</exception>
    public static GenerationDefaults Parse(ReadOnlySpan<byte> utf8, string where)
    {
        try
        {
            var json = JsonNode.Parse(utf8, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject ?? throw new MalformedCheckpointException("INF-6.3", where, "is no JSON object");
            return new GenerationDefaults
            {
                EosIds = Ids(json["eos_token_id"]),
                DoSample = json.Flag("do_sample") ?? false,
                Temperature = json.Number("temperature"),
                TopK = Whole(json.Number("top_k")),
                TopP = json.Number("top_p"),
                RepetitionPenalty = json.Number("repetition_penalty"),
            };
        }
        catch (JsonException error) { throw new MalformedCheckpointException("INF-6.3", where, $"is not JSON: {error.Message}"); }
    }

    /// <summary>The ids of a key that has one or several; numbers that are none count as absent.</summary>
    public static IReadOnlyList<int> Ids(JsonNode? node) => node switch
    {
        JsonArray list => [.. list.Select(static each => Whole(JsonFacts.Number(each))).OfType<int>()],
        _ => Whole(JsonFacts.Number(node)) is { } id ? [id] : [],
    };

    static int? Whole(double? number) => number is { } value && value >= 0 && value <= int.MaxValue && Math.Floor(value) == value ? (int)value : null;
}
