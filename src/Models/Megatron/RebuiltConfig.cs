using System.Text.Json.Nodes;

namespace Ckpt.Models.Megatron;

/// <summary>A config.json made from a Megatron checkpoint that came without one.</summary>
/// <param name="Config">The config, keys in alphabetical order as transformers writes them.</param>
/// <param name="Sources">One sentence a key: what it is and what told so.</param>
public sealed record RebuiltConfig(JsonObject Config, IReadOnlyList<string> Sources);
