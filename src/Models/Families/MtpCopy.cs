namespace Ckpt.Models.Families;

/// <summary>A tensor that Hugging Face files repeat in every MTP layer.</summary>
/// <param name="Pattern">Its name there.</param>
/// <param name="Of">The pattern of the tensor it repeats.</param>
public sealed record MtpCopy(string Pattern, string Of);
