using Ckpt.Torch;

namespace Ckpt.Trainer.Modeling;

/// <summary>Which keys queries see.</summary>
/// <param name="Queries">How many.</param>
/// <param name="Keys">How many.</param>
/// <param name="Ahead">The last key that the first query sees.</param>
/// <param name="Window">Keys a query sees; null: all before it.</param>
/// <param name="Repeats">Times the queries stand below each other.</param>
/// <param name="Type">Of the mask.</param>
readonly record struct MaskKind(long Queries, long Keys, long Ahead, long? Window, long Repeats, ScalarType Type);
