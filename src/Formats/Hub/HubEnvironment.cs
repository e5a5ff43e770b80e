namespace Ckpt.Formats.Hub;

/// <summary>What the place of a hub cache depends on, given from outside so that it can be tested.</summary>
/// <param name="Variable">An environment variable's value, or null where it is not set.</param>
/// <param name="Home">The user's home folder.</param>
public sealed record HubEnvironment(Func<string, string?> Variable, string Home)
{
    /// <summary>This process's environment.</summary>
    public static HubEnvironment Current { get; } =
        new(Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    /// <summary>The folder of the Hugging Face cache: the first of the variables that huggingface_hub looks at (CLI-5.2).</summary>
    internal string HuggingFace =>
        Value("HF_HUB_CACHE")
        ?? Value("HUGGINGFACE_HUB_CACHE")
        ?? Path.Combine(Value("HF_HOME") ?? Path.Combine(Value("XDG_CACHE_HOME") ?? Path.Combine(Home, ".cache"), "huggingface"), "hub");

    /// <summary>The folders in which ModelScope's versions keep models, newest first (CLI-5.4).</summary>
    internal IEnumerable<string> ModelScope
    {
        get
        {
            var cache = Value("MODELSCOPE_CACHE") ?? Path.Combine(Home, ".cache", "modelscope");
            return [Path.Combine(cache, "hub", "models"), Path.Combine(cache, "models"), Path.Combine(cache, "hub"), cache];
        }
    }

    string? Value(string variable)
    {
        var value = Variable(variable);
        return string.IsNullOrEmpty(value) ? null
            : value == "~" || value.StartsWith("~/", StringComparison.Ordinal) ? Path.Join(Home, value[1..])
            : value;
    }
}
