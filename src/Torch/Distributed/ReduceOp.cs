namespace Ckpt.Torch.Distributed;

/// <summary>How the members' elements become one, by c10d's numbers.</summary>
public enum ReduceOp
{
    SUM = 0,
    AVG = 1,
    PRODUCT = 2,
    MIN = 3,
    MAX = 4,
}
