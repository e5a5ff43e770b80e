using System.Text.Json.Nodes;

namespace Ckpt.Formats.Peft;

/// <summary>What an adapter_config.json of PEFT says about a LoRA adapter, by PEFT's names and defaults (<c>peft.LoraConfig</c>).</summary>
public sealed record PeftConfig
{
    /// <summary>The rank where no pattern says another.</summary>
    public int Rank { get; init; } = 8;

    /// <summary><c>lora_alpha</c> where no pattern says another.</summary>
    public double Alpha { get; init; } = 8;

    /// <summary>Whether scaling is alpha over the root of the rank.</summary>
    public bool UseRslora { get; init; }

    /// <summary>Whether magnitudes are trained apart from directions.</summary>
    public bool UseDora { get; init; }

    /// <summary>Whether B has a bias of its own.</summary>
    public bool LoraBias { get; init; }

    /// <summary>Whether base weights are stored [in, out].</summary>
    public bool FanInFanOut { get; init; }

    /// <summary>Which biases of the base were trained: <c>none</c>, <c>all</c> or <c>lora_only</c>.</summary>
    public string Bias { get; init; } = "none";

    /// <summary>Dropout in training.</summary>
    public double Dropout { get; init; }

    /// <summary><c>CAUSAL_LM</c>, <c>SEQ_CLS</c>, …, or null.</summary>
    public string? TaskType { get; init; }

    /// <summary>Names of targeted modules, or null.</summary>
    public IReadOnlyList<string>? TargetModules { get; init; }

    /// <summary>A regular expression, in place of <see cref="TargetModules"/>.</summary>
    public string? TargetPattern { get; init; }

    /// <summary>Names of modules that are not targeted whatever else says so, or null.</summary>
    public IReadOnlyList<string>? ExcludeModules { get; init; }

    /// <summary>A regular expression, in place of <see cref="ExcludeModules"/>.</summary>
    public string? ExcludePattern { get; init; }

    /// <summary>Names of single parameters that are targeted.</summary>
    public IReadOnlyList<string> TargetParameters { get; init; } = [];

    /// <summary>Names of modules whose weights are saved whole.</summary>
    public IReadOnlyList<string> ModulesToSave { get; init; } = [];

    /// <summary>Layers that are targeted; null: all.</summary>
    public IReadOnlySet<int>? LayersToTransform { get; init; }

    /// <summary>What layers are called in module names; empty: anything.</summary>
    public IReadOnlyList<string> LayersPattern { get; init; } = [];

    /// <summary>Ranks by pattern; the first that fits counts.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> RankPattern { get; init; } = [];

    /// <summary>Alphas by pattern; the first that fits counts.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> AlphaPattern { get; init; } = [];

    /// <summary>The model it belongs to, as a name or path.</summary>
    public string? BaseModel { get; init; }

    /// <summary>The version of PEFT that wrote it, from 0.18 on.</summary>
    public string? PeftVersion { get; init; }

    /// <summary>The file as it was read, for copying.</summary>
    public JsonObject Json { get; init; } = [];

    /// <summary>The file's name, for messages.</summary>
    public string Where { get; init; } = "adapter_config.json";

    /// <summary>Reads the file.</summary>
    /// <exception cref="MalformedCheckpointException">Not one JSON object, or a value of a wrong type.</exception>
    /// <exception cref="UnsupportedCheckpointException">Another method than LoRA, or a variant of it that is not handled.</exception>
    public static PeftConfig Parse(ReadOnlySpan<byte> utf8, string where) => PeftConfigParser.Parse(utf8, where);
}
