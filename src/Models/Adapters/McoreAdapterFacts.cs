using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Ckpt.Formats;
using Ckpt.Formats.Torch;
using Ckpt.Models.Configs;
using Ckpt.Models.Megatron;

namespace Ckpt.Models.Adapters;

/// <summary>What a run's arguments say of its adapter: Megatron-SWIFT's <c>args.json</c>, and <c>args</c> of the common state.</summary>
sealed record McoreAdapterFacts
{
    internal long? Rank { get; init; }

    internal double? Alpha { get; init; }

    internal bool? UseRslora { get; init; }

    internal long? TensorParallel { get; init; }

    internal double Dropout { get; init; }

    internal string? TaskType { get; init; }

    internal string? Model { get; init; }

    /// <summary>Whose order gated attention is in, where the arguments tell.</summary>
    internal string? Dialect { get; init; }

    internal static McoreAdapterFacts Read(byte[]? argsJson, PickleDict? common, string where)
    {
        var root = argsJson is null ? default : StrictJson.Parse(argsJson, $"{where}, args.json");
        var json = argsJson is null ? null : new ConfigReader(root, $"{where}, args.json");
        var args = common is null ? null : new ArgsReader(common, where);
        // Megatron-SWIFT says lora_rank, MindSpeed-LLM lora_r.
        return new McoreAdapterFacts
        {
            Rank = Agree(where, "rank", json?.OptionalSize("lora_rank", "lora_r"), args?.Size("lora_rank") ?? args?.Size("lora_r")),
            Alpha = Agree(where, "alpha", json?.OptionalPositive("lora_alpha"), args?.Number("lora_alpha")),
            UseRslora = Agree(where, "use_rslora", json?.OptionalFlag("use_rslora"), args?.Flag("use_rslora")),
            TensorParallel = Agree(where, "tensor parallel size", json?.OptionalSize("tensor_model_parallel_size"), args?.Size("tensor_model_parallel_size")),
            Dropout = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("lora_dropout", out var dropout) && dropout.ValueKind == JsonValueKind.Number
                ? dropout.GetDouble() : args?.Number("lora_dropout") ?? 0,
            TaskType = json?.OptionalText("task_type"),
            Model = json?.OptionalText("model"),
            Dialect = MegatronDialect.Of(common, argsJson is not null, where),
        };
    }

    static T? Agree<T>(string where, string what, T? json, T? args) where T : struct
    {
        if (json is { } said && args is { } told && !said.Equals(told)) { Throw.Contradiction(where, what, said, told); }
        return json ?? args;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Contradiction(string where, string what, object json, object args) => throw new MalformedCheckpointException(
            "ADP-3.4", where, $"the {what} is {json} by args.json and {args} by the common state's args");
    }
}
