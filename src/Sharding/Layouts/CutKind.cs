namespace Ckpt.Sharding.Layouts;

/// <summary>How the elements of one parameter are shared by tensor ranks.</summary>
public enum CutKind
{
    /// <summary>Every rank has all of it.</summary>
    Replicated,

    /// <summary>Each rank has an equal share of an axis, or of each section of it in turn.</summary>
    Cut,

    /// <summary>As <see cref="Cut"/> on the first axis, whose rows are rounded up to equal shares.</summary>
    Vocabulary,
}
