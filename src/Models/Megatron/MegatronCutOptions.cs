namespace Ckpt.Models.Megatron;

/// <summary>What names do not tell about how a Megatron model's parameters are cut.</summary>
public sealed record MegatronCutOptions
{
    /// <summary>What a checkpoint's own keys tell: the form of linear attention, and whether latent attention's projections are fused.</summary>
    public static MegatronCutOptions FromKeys(IEnumerable<string> keys)
    {
        var (embedded, qkv, up, down) = (false, false, false, false);
        foreach (var key in keys)
        {
            // The norm of the Hugging Face module; Megatron-core's is out_norm.
            embedded |= key.EndsWith(".self_attention.norm.weight", StringComparison.Ordinal);
            qkv |= key.EndsWith(".self_attention.linear_qkv.weight", StringComparison.Ordinal);
            up |= key.Contains(".self_attention.linear_kv_up_proj.", StringComparison.Ordinal) || key.Contains(".self_attention.linear_kv_nope.", StringComparison.Ordinal);
            down |= key.Contains(".self_attention.linear_kv_down_proj.", StringComparison.Ordinal);
        }
        return new MegatronCutOptions { LinearAttention = embedded ? LinearAttentionForm.Whole : LinearAttentionForm.ByHead, LatentQkvIsFused = qkv && up && !down };
    }

    /// <summary>Whether <c>linear_fc1</c> holds gate and up rows (args <c>swiglu</c>, <c>gated_linear_unit</c>).</summary>
    public bool Gated { get; init; } = true;

    /// <summary>How linear attention is shared.</summary>
    public LinearAttentionForm LinearAttention { get; init; }

    /// <summary>Rows of query, key, value, … in <c>in_proj.weight</c>, where they are shared apart.</summary>
    public IReadOnlyList<long> InProjSections { get; init; } = [];

    /// <summary>Rows of query, key, value in <c>conv1d</c>, where they are shared apart.</summary>
    public IReadOnlyList<long> ConvSections { get; init; } = [];

    /// <summary>MindSpeed's latent attention: <c>linear_qkv</c> is both down projections, whole on every rank.</summary>
    public bool LatentQkvIsFused { get; init; }

    /// <summary>Megatron-core before 0.14: the down projections of latent attention are shared by rows.</summary>
    public bool LatentDownIsCut { get; init; }

    /// <summary>Whether the output layer is a classifier, whole on every rank, instead of one row a token.</summary>
    public bool HeadIsClassifier { get; init; }

    /// <summary>Experts of a layer; needed where each expert has tensors of its own.</summary>
    public int? Experts { get; init; }

    /// <summary>Rules for names that no table knows, or that are cut otherwise; the first that fits holds.</summary>
    public IReadOnlyList<CutOverride> Overrides { get; init; } = [];

    /// <summary>The same with these rules before its own.</summary>
    public MegatronCutOptions With(IReadOnlyList<CutOverride> rules) => rules.Count == 0 ? this : this with { Overrides = [.. rules, .. Overrides] };
}
