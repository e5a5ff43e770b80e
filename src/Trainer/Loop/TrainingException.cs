namespace Ckpt.Trainer.Loop;

/// <summary>Training that cannot go on: what happened at which step, and the clause of <c>spec/</c> that says so.</summary>
public sealed class TrainingException(string clause, string where, string message) : Exception($"{where}: {message} [{clause}]")
{
    /// <summary>The clause.</summary>
    public string Clause { get; } = clause;

    /// <summary>The place.</summary>
    public string Where { get; } = where;
}
