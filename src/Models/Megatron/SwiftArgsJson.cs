using System.Text.Json.Nodes;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Configs;

namespace Ckpt.Models.Megatron;

/// <summary>Reads and writes Megatron-SWIFT's <c>args.json</c>. Its loader takes the fields it knows and leaves the rest.</summary>
public static class SwiftArgsJson
{
    /// <summary>Reads the fields of either era; unknown ones are looked past.</summary>
    /// <exception cref="Formats.MalformedCheckpointException">Not one JSON object, or a field that is not a string.</exception>
    public static SwiftArgs Read(ReadOnlySpan<byte> utf8, string where)
    {
        var reader = new ConfigReader(StrictJson.Parse(utf8, where), where);
        return new SwiftArgs
        {
            Model = reader.OptionalText("model"),
            ModelType = reader.OptionalText("model_type"),
            McoreModel = reader.OptionalText("mcore_model") ?? reader.OptionalText("load"),
            TorchDType = reader.OptionalText("torch_dtype"),
            TaskType = reader.OptionalText("task_type"),
            TunerType = reader.OptionalText("tuner_type") ?? reader.OptionalText("train_type"),
        };
    }

    /// <summary>The file beside a converted checkpoint: fields that are null are told from the model when it is loaded.</summary>
    public static byte[] Write(HfConfig config, MegatronArgsOptions options)
    {
        var sizes = options.Sizes;
        return StrictJson.ToUtf8(new JsonObject
        {
            ["model"] = options.Model,
            ["model_type"] = null,
            ["hf_model_type"] = config.Model.ModelType,
            ["mcore_model"] = null,
            ["torch_dtype"] = config.Model.TorchDType?.TorchName(),
            ["task_type"] = "causal_lm",
            ["num_labels"] = null,
            ["tuner_type"] = "full",
            ["template"] = null,
            ["system"] = null,
            ["rope_scaling"] = null,
            ["new_special_tokens"] = new JsonArray(),
            ["bridge_backend"] = "mcore-bridge",
            ["tensor_model_parallel_size"] = sizes.Tensor,
            ["pipeline_model_parallel_size"] = sizes.Pipeline,
            ["expert_model_parallel_size"] = sizes.Expert,
            ["expert_tensor_parallel_size"] = sizes.ExpertTensor ?? sizes.Tensor,
            ["context_parallel_size"] = sizes.Context,
        });
    }
}
