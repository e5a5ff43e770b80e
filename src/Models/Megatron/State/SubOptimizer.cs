using Ckpt.Formats.Torch;

namespace Ckpt.Models.Megatron.State;

/// <summary>What one of a run's chained optimizers keeps besides tensors.</summary>
/// <param name="Groups">Its param groups, without the parameters; each a dict.</param>
/// <param name="GradScaler">The loss scaler of fp16, if there is one.</param>
/// <param name="Step">The step all parameters share, where groups do not say it.</param>
sealed record SubOptimizer(IReadOnlyList<PickleDict> Groups, PickleNode? GradScaler, PickleNode? Step)
{
    const string Expert = "is_expert_parallel";

    /// <summary>Whether it is that of experts.</summary>
    internal bool IsOfExperts => Groups.Count > 0 && Groups.All(static group => group.Find(Expert) is PickleBool { Value: true });

    /// <summary>
    /// As many optimizers as a run has with experts shared by expert parallel ranks, or without: Megatron gives experts one of their own exactly
    /// then. Source: core/optimizer/__init__.py get_megatron_optimizer, core/transformer/moe/experts.py (<c>allreduce</c>).
    /// </summary>
    internal static IReadOnlyList<SubOptimizer> ForExperts(IReadOnlyList<SubOptimizer> optimizers, bool apart)
    {
        var experts = optimizers.Where(static one => one.IsOfExperts).ToArray();
        if (apart == experts.Length > 0 || optimizers.Count == 0) { return optimizers; }
        if (apart)
        {
            var dense = optimizers[0];
            return [.. optimizers, dense with { Groups = [.. dense.Groups.Select(static group => group.With(Expert, new PickleBool(true)))] }];
        }
        var rest = optimizers.Where(static one => !one.IsOfExperts).ToArray();
        return rest.Length > 0 ? rest : [.. experts.Select(static one => one with { Groups = [.. one.Groups.Select(static group => group.With(Expert, new PickleBool(false)))] })];
    }

    /// <summary>The groups, each with a step; the step shared by all stands in for one that is missing.</summary>
    internal IEnumerable<PickleDict> GroupsWithSteps() =>
        Groups.Select(group => group.Find("step") is null && Step is not null ? group.With("step", Step) : group);

    /// <summary>The step of the first group, or the one shared.</summary>
    internal PickleNode? AnyStep() => Step ?? Groups.Select(static group => group.Find("step")).FirstOrDefault(static step => step is not null);
}
