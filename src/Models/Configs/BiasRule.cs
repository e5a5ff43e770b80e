namespace Ckpt.Models.Configs;

/// <summary>Whether a group of linear layers has biases: what a config key says, or a fixed answer where the family has no key.</summary>
/// <param name="Key">The key of config.json, or null.</param>
/// <param name="Default">The answer where the key is null or absent.</param>
public readonly record struct BiasRule(string? Key, bool Default)
{
    /// <summary>Never a bias, whatever the config says.</summary>
    public static BiasRule Never => new(null, false);

    /// <summary>Always a bias, whatever the config says.</summary>
    public static BiasRule Always => new(null, true);

    /// <summary>As the key says; no bias where it is absent.</summary>
    public static BiasRule Says(string key) => new(key, false);
}
