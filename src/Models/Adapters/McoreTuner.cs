namespace Ckpt.Models.Adapters;

/// <summary>A Megatron run's arguments that are about its adapter.</summary>
/// <param name="Rank"><c>lora_rank</c>.</param>
/// <param name="Alpha"><c>lora_alpha</c>.</param>
/// <param name="UseRslora"><c>use_rslora</c>.</param>
/// <param name="Dropout"><c>lora_dropout</c>.</param>
/// <param name="TargetModules"><c>target_modules</c>, by Megatron's names.</param>
/// <param name="ModulesToSave"><c>modules_to_save</c>, by Megatron's names.</param>
sealed record McoreTuner(int Rank, double Alpha, bool UseRslora, double Dropout, IReadOnlyList<string> TargetModules, IReadOnlyList<string> ModulesToSave);
