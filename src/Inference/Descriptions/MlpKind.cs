using Ckpt.Inference.Kernels;
using Ckpt.Inference.Weights;

namespace Ckpt.Inference.Descriptions;

/// <summary>A gated feed-forward layer, or an expert.</summary>
public sealed record MlpKind(WeightMatrix Gate, WeightMatrix Up, WeightMatrix Down, Activation Activation);
