namespace Ckpt.Trainer.Loop;

/// <summary>How weight decay grows (<c>weight_decay_incr_style</c>).</summary>
public enum WeightDecayStyle
{
    Constant, Linear, Cosine,
}

/// <summary>Megatron's weight decay after so many rows (TRL-4.3).</summary>
/// <param name="Start">At the beginning.</param>
/// <param name="End">From <paramref name="Rows"/> on.</param>
/// <param name="Rows">Rows over which it grows.</param>
/// <param name="Style">In which way.</param>
public readonly record struct WeightDecaySchedule(double Start, double End, double Rows, WeightDecayStyle Style)
{
    /// <summary>The decay of a step that begins after this many rows.</summary>
    public double At(long rows)
    {
        if (Style == WeightDecayStyle.Constant || rows > Rows || Rows <= 0) { return End; }
        var part = rows / Rows;
        return Start + ((End - Start) * (Style == WeightDecayStyle.Linear ? part : 0.5 * (Math.Cos(Math.PI * (1 - part)) + 1)));
    }
}
