using Ckpt.Sharding.Maps;
using static Ckpt.Models.Families.StandardRows;

namespace Ckpt.Models.Families;

/// <summary>Rows of experts, routers and experts every token goes to, for families that differ from the standard ones there.</summary>
static class ExpertRows
{
    const string Fc1 = MegatronLayer + "mlp.experts.experts.linear_fc1.";
    const string Fc2 = MegatronLayer + "mlp.experts.experts.linear_fc2.";

    /// <summary>The norm before experts, under either of its names.</summary>
    internal static IReadOnlyList<FamilyRow> Norms { get; } = [.. StandardRows.Experts.Take(2)];

    /// <summary>Experts as <c>w1</c>, <c>w3</c> and <c>w2</c>, and their router, of <c>block_sparse_moe</c>; or fused ones as transformers 5 has them in memory.</summary>
    internal static IReadOnlyList<FamilyRow> BlockSparse(string fusedRouter) =>
    [
        .. Norms,
        Router(HfLayer + "block_sparse_moe.gate.weight", "per expert"),
        Router(HfLayer + fusedRouter, "fused"),
        .. StandardRows.Experts.Skip(3).Select(static row => row with
        {
            Hf = [.. row.Hf.Select(static tensor => tensor with
            {
                Pattern = tensor.Pattern
                    .Replace("mlp.experts.{E}.gate_proj", "block_sparse_moe.experts.{E}.w1", StringComparison.Ordinal)
                    .Replace("mlp.experts.{E}.up_proj", "block_sparse_moe.experts.{E}.w3", StringComparison.Ordinal)
                    .Replace("mlp.experts.{E}.down_proj", "block_sparse_moe.experts.{E}.w2", StringComparison.Ordinal),
            })],
        }),
    ];

    /// <summary>One tensor for all experts' gates and ups and one for their downs, never transposed: [E, 2F, H] and [E, H, F].</summary>
    internal static IReadOnlyList<FamilyRow> Fused(string router, string gateUp, string down) =>
    [
        .. Norms,
        Router(HfLayer + router, null),
        GateUp("weight", [Dim.Hidden], new(HfLayer + gateUp, Dim.One, 0, 1)),
        FamilyRow.Same(Each.Expert, HfLayer + down, Fc2 + "weight", Dim.Hidden, Dim.MoeFfn) with { When = When.MoeLayer },
    ];

    /// <summary>Fused experts that multiply from the right: [E, H, 2F], all gates before all ups, and [E, F, H].</summary>
    internal static IReadOnlyList<FamilyRow> Transposed(string experts) =>
    [
        GateUp("weight", [Dim.Hidden], new(HfLayer + experts + ".gate_up_proj", Dim.One, 0, 1) { IsTransposed = true }),
        Down(experts),
    ];

    /// <summary>The same with biases, and gates and ups taking turns column by column.</summary>
    internal static IReadOnlyList<FamilyRow> TransposedInTurns(string experts) =>
    [
        GateUp("weight", [Dim.Hidden], new(HfLayer + experts + ".gate_up_proj", Dim.MoeFfn, 0, 1) { IsTransposed = true }),
        GateUp("bias", [], new(HfLayer + experts + ".gate_up_proj_bias", Dim.MoeFfn, 0, 1)),
        Down(experts),
        FamilyRow.Same(Each.Expert, HfLayer + experts + ".down_proj_bias", Fc2 + "bias", Dim.Hidden) with { When = When.MoeLayer },
    ];

    /// <summary>The experts every token goes to, which are one wide expert.</summary>
    internal static IReadOnlyList<FamilyRow> Shared(string hf) =>
    [
        FamilyRow.Interleave(Each.Layer, Dim.One, MegatronLayer + "mlp.shared_experts.linear_fc1.weight", [Dim.Hidden],
            (HfLayer + hf + ".gate_proj.weight", Dim.SharedFfn), (HfLayer + hf + ".up_proj.weight", Dim.SharedFfn)) with { When = When.MoeLayer | When.SharedExperts },
        FamilyRow.Same(Each.Layer, HfLayer + hf + ".down_proj.weight", MegatronLayer + "mlp.shared_experts.linear_fc2.weight", Dim.Hidden, Dim.SharedFfn)
            with { When = When.MoeLayer | When.SharedExperts },
    ];

    internal static FamilyRow SharedGate(string hf) =>
        FamilyRow.Same(Each.Layer, HfLayer + hf, MegatronLayer + "mlp.shared_experts.gate_weight", Dim.One, Dim.Hidden) with { When = When.MoeLayer | When.SharedExperts };

    /// <summary>The bias that balances the experts' load, which Megatron holds in float32; <paramref name="ones"/> axes of size 1 are in front of it.</summary>
    internal static FamilyRow Balance(string hf, int ones = 0, string? experts = null) => new(
        Each.Layer, [Dim.Experts], [],
        [new(HfLayer + hf, Dim.One, 0) { Ones = ones }], [new(MegatronLayer + "mlp.router.expert_bias", Dim.One, 0) { HeldAs = HeldAs.Single }])
    {
        When = When.MoeLayer,
        Option = experts is null ? null : new("experts", experts),
    };

    internal static FamilyRow RouterBias(string hf) =>
        FamilyRow.Same(Each.Layer, HfLayer + hf, MegatronLayer + "mlp.router.bias", Dim.Experts) with { When = When.MoeLayer };

    internal static FamilyRow Router(string hf, string? experts) =>
        FamilyRow.Same(Each.Layer, hf, MegatronLayer + "mlp.router.weight", Dim.Experts, Dim.Hidden) with { When = When.MoeLayer, Option = experts is null ? null : new("experts", experts) };

    static FamilyRow GateUp(string kind, IReadOnlyList<Dim> rest, RowTensor hf) =>
        new(Each.Expert, [Dim.MoeFfn, Dim.MoeFfn], rest, [hf], [new(Fc1 + kind, Dim.One, 0, 1)]) { When = When.MoeLayer };

    // Rows of the Megatron tensor are H; the Hugging Face tensor [E, F, H] has them last.
    static FamilyRow Down(string experts) =>
        new(Each.Expert, [Dim.Hidden], [Dim.MoeFfn], [new(HfLayer + experts + ".down_proj", Dim.One, 0) { IsTransposed = true }], [new(Fc2 + "weight", Dim.One, 0)]) { When = When.MoeLayer };
}
