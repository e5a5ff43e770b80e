namespace Ckpt.Models.Megatron.Ranks;

/// <summary>
/// The section of a fused layer that an adapter's matrix is of, where sections have matrices of their own: <c>q</c> of
/// <c>linear_qkv.lora_A.default.q.weight</c>. Its rows are those of the Hugging Face projection, in that order, so that it is cut as plain rows are.
/// </summary>
/// <param name="Name"><c>q</c>, <c>k</c>, <c>v</c>, <c>gate</c>, <c>up</c>.</param>
/// <param name="Plain">A key of no section that is cut the same way.</param>
public readonly record struct AdapterSection(string Name, string Plain)
{
    static readonly string[] s_names = ["q", "k", "v", "gate", "up"];

    /// <summary>The section of a key, or null where it has none.</summary>
    public static AdapterSection? Find(string key)
    {
        var (isA, isB) = (key.Contains(".lora_A.", StringComparison.Ordinal), key.Contains(".lora_B.", StringComparison.Ordinal));
        if (!isA && !isB) { return null; }
        foreach (var name in s_names)
        {
            var at = key.LastIndexOf($".{name}.weight", StringComparison.Ordinal);
            if (at < 0) { continue; }
            // B of a whole gated layer is cut in two sections; of one section in one, as that of attention is.
            var plain = key.Remove(at, name.Length + 1);
            return new AdapterSection(name, isB ? plain.Replace(".mlp.linear_fc1.", ".self_attention.linear_qkv.", StringComparison.Ordinal) : plain);
        }
        return null;
    }
}
