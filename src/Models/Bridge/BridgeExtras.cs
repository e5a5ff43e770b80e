using System.Text.RegularExpressions;
using Ckpt.Models.Families;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Bridge;

/// <summary>What may be present besides the tensors a side consists of: second names of tied weights, buffers, training state.</summary>
static partial class BridgeExtras
{
    // None of these repeats anything inside a repetition: linear in the length of the name, whoever wrote it. Making them at run time takes 0.1 s.
    const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    internal static IReadOnlyList<Drop> HfDrops { get; } =
    [
        new(HfFrequencies(), "rotary frequencies, which are computed from the config (buffers of transformers before 4.32)"),
        new(Masks(), "attention mask constants (buffers of old transformers)"),
    ];

    internal static IReadOnlyList<Drop> MegatronDrops { get; } =
    [
        new(Optimizer(), "optimizer state, which Hugging Face folders do not hold"),
        new(TrainingState(), "training state, which Hugging Face folders do not hold"),
        new(ExtraState(), "Transformer Engine's calibration state"),
        new(MegatronFrequencies(), "rotary frequencies, which are computed from the config"),
    ];

    internal static IReadOnlyList<Alias> HfAliases(ResolvedBridge bridge, List<MappedTensor> tensors) =>
        [.. Tied(bridge, tensors, bridge.HfName(bridge.Family.HfEmbedding), bridge.HfName(bridge.Family.HfHead)), .. MtpCopies.Of(bridge, tensors)];

    /// <summary>What may be left out of a side: what is no weight, and the layers asked to be left out.</summary>
    internal static IReadOnlyList<Drop> DropsOf(ResolvedBridge bridge, FamilySide side)
    {
        var always = side == FamilySide.Hf ? HfDrops : MegatronDrops;
        return MtpLayers.Dropped(bridge, side) is { } layers ? [.. always, layers] : always;
    }

    internal static IReadOnlyList<Alias> MegatronAliases(ResolvedBridge bridge, List<MappedTensor> tensors)
    {
        var head = bridge.Family.Rows.FirstOrDefault(row => row.When.HasFlag(When.Head));
        var embedding = bridge.Family.Rows.First(row => row.Hf[0].Pattern == bridge.Family.HfEmbedding);
        return head is null ? [] : Tied(bridge, tensors, bridge.MegatronPattern(embedding.Megatron[0]).Text, bridge.MegatronPattern(head.Megatron[0]).Text);
    }

    static Alias[] Tied(ResolvedBridge bridge, List<MappedTensor> tensors, string embedding, string head) =>
        bridge.Config.TieWordEmbeddings ? [new Alias(head, tensors.FindIndex(tensor => tensor.Name == embedding), "tied to the embedding (tie_word_embeddings)")] : [];

    [GeneratedRegex(@"(^|\.)rotary_emb\.inv_freq$", Options)]
    private static partial Regex HfFrequencies();

    [GeneratedRegex(@"\.self_attn\.masked_bias$", Options)]
    private static partial Regex Masks();

    [GeneratedRegex(@"^(chained_\d+\.)?optimizer\.", Options)]
    private static partial Regex Optimizer();

    [GeneratedRegex(@"^(rng_state|rerun_state_machine_state|opt_param_scheduler|common_state)([./]|$)", Options)]
    private static partial Regex TrainingState();

    [GeneratedRegex(@"\._extra_state([./]|$)", Options)]
    private static partial Regex ExtraState();

    [GeneratedRegex(@"(^|\.)rotary_pos_emb\.inv_freq$", Options)]
    private static partial Regex MegatronFrequencies();
}
