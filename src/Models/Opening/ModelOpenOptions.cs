namespace Ckpt.Models.Opening;

/// <summary>What a user may say about a checkpoint besides its path.</summary>
public sealed record ModelOpenOptions
{
    /// <summary>The Hugging Face folder the checkpoint is of, for config.json and side files; null where it is to be found.</summary>
    public string? Model { get; init; }

    /// <summary>A config.json, or the folder of one, to take in place of the source's.</summary>
    public string? HfConfig { get; init; }

    /// <summary>The family to read it as, whatever its config says; null: the one that <c>model_type</c> names.</summary>
    public string? Family { get; init; }

    /// <summary>Layers that predict further tokens to take, or null for those the config says.</summary>
    public int? MtpLayers { get; init; }

    /// <summary>Options of the checkpoint's own naming that its names do not tell (<c>dialect</c>).</summary>
    public IReadOnlyDictionary<string, string> Choices { get; init; } = new Dictionary<string, string>();

    /// <summary>The folder of a model by its name, or null; the default finds folders only.</summary>
    public Func<string, string?> FindModel { get; init; } = static model => Directory.Exists(model) ? model : null;
}
