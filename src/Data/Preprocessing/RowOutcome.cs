namespace Ckpt.Data.Preprocessing;

/// <summary>How a row ended.</summary>
enum RowOutcome
{
    Kept, TooLong, Empty, Broken,
}
