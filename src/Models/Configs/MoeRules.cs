namespace Ckpt.Models.Configs;

/// <summary>Which keys of config.json describe the experts, newest era last, and what transformers takes where one is absent.</summary>
/// <param name="Experts">Names of the number of experts.</param>
/// <param name="TopK">Names of the number of experts a token goes to.</param>
/// <param name="Ffn">Name of an expert's feed-forward width.</param>
/// <param name="DefaultTopK">Experts a token goes to, where the key is absent.</param>
/// <param name="DefaultNormTopkProb"><c>norm_topk_prob</c> where it is absent.</param>
public sealed record MoeRules(IReadOnlyList<string> Experts, IReadOnlyList<string> TopK, string Ffn, int DefaultTopK, bool DefaultNormTopkProb);
