namespace Ckpt.Kit;

/// <summary>Names the clause of <c>spec/</c> that a test holds the code to.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
public sealed class ClauseAttribute(string id) : Attribute
{
    /// <summary>The clause, such as <c>SFT-1.3</c>.</summary>
    public string Id { get; } = id;
}
