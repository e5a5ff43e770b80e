namespace Ckpt.Trainer.Optimizing;

/// <summary>The numbers of one step of gradient descent.</summary>
readonly record struct SgdStep(float Rate, float Decay, float Momentum, float Scale);
