namespace Ckpt.Models.Families;

/// <summary>
/// One way in which Hugging Face files of a multimodal family begin their names. Tables name the text model as if it were alone.
/// </summary>
/// <param name="Name">What the way is called where it is recorded.</param>
/// <param name="Model">What stands for <c>model.</c>.</param>
/// <param name="Head">What stands for <c>lm_head.</c>.</param>
/// <param name="Carried">The parts beside the text model.</param>
public sealed record HfNaming(string Name, string Model, string Head, params IReadOnlyList<CarriedPart> Carried);
