namespace Ckpt.Sharding;

/// <summary>A run that would not fit the memory it was given, or the disk; said before the first write, with both numbers.</summary>
public sealed class BudgetException(string message) : Exception(message);
