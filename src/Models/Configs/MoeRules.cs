namespace Ckpt.Models.Configs;

/// <summary>Which keys of config.json describe the experts, newest era last, and what transformers takes where one is absent.</summary>
/// <param name="Experts">Names of the number of experts.</param>
/// <param name="TopK">Names of the number of experts a token goes to.</param>
/// <param name="Ffn">Name of an expert's feed-forward width.</param>
/// <param name="DefaultTopK">Experts a token goes to, where the key is absent.</param>
/// <param name="DefaultNormTopkProb"><c>norm_topk_prob</c> where it is absent, and always where the family has no such key.</param>
public sealed record MoeRules(IReadOnlyList<string> Experts, IReadOnlyList<string> TopK, string Ffn, int DefaultTopK, bool DefaultNormTopkProb)
{
    /// <summary>Which layers have experts.</summary>
    public MoeLayerRule Layers { get; init; }

    /// <summary>Leading dense layers where <c>first_k_dense_replace</c> is absent, or the first layer with experts where its key is.</summary>
    public int FirstDense { get; init; }

    /// <summary>The key of the width of the experts every token goes to; null: their number times an expert's width.</summary>
    public string? SharedFfn { get; init; }

    /// <summary>Names of the number of experts every token goes to.</summary>
    public IReadOnlyList<string> Shared { get; init; } = [];

    /// <summary>Experts every token goes to, where no key says.</summary>
    public int DefaultShared { get; init; }

    /// <summary>What the experts every token goes to give is weighed by a gate of its own.</summary>
    public bool SharedGate { get; init; }

    /// <summary>Whether the config says <c>norm_topk_prob</c>.</summary>
    public bool HasNormTopkProb { get; init; } = true;

    /// <summary>How the router's scores are made, where <c>scoring_func</c> is absent: <c>softmax</c> or <c>sigmoid</c>.</summary>
    public string ScoreFunction { get; init; } = "softmax";

    /// <summary>Choosing experts adds a bias to the scores that balances their load.</summary>
    public bool ExpertBias { get; init; }
}
