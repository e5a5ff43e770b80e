namespace Ckpt.Data.Packing;

/// <summary>How much of a question and of its answer stays where both do not fit.</summary>
public static class PairBudget
{
    /// <summary>
    /// The rule of LLaMA-Factory's <c>infer_seqlen</c>: the one that is short against the other stays whole; otherwise both give in
    /// proportion.
    /// </summary>
    public static (int Source, int Target) Fair(int source, int target, int most)
    {
        long wanted;
        if (target * 2L < most) { wanted = most; }
        else if (source * 2L < most) { wanted = most - source; }
        else { wanted = (long)(most * ((double)target / ((long)source + target))); }
        var newTarget = (int)Math.Min(wanted, target);
        return (Math.Min(source, Math.Max(most - newTarget, 0)), newTarget);
    }

    /// <summary>The rule of MindSpeed's plain templates: the answer gives in proportion, but keeps one token at least.</summary>
    public static (int Source, int Target) Proportional(int source, int target, int most)
    {
        if (source + target == 0 || most <= 0) { return (0, 0); }
        var mostTarget = Math.Max((int)(most * ((double)target / ((long)source + target))), 1);
        var newTarget = Math.Min(mostTarget, target);
        return (Math.Min(source, Math.Max(most - newTarget, 0)), newTarget);
    }
}
