using Ckpt.Models.Bridge;
using Ckpt.Models.Families;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Maps;

namespace Ckpt.Verify.Comparing;

/// <summary>The names under which checkpoints of all formats are compared and fingerprinted: Hugging Face's, one tensor an expert where the family has that (VFY-2.1).</summary>
public static class CanonicalNames
{
    const string PerExpert = "per expert";

    /// <summary>The map from a model's tensors to the common names; other tensors of the checkpoint are not part of it.</summary>
    /// <exception cref="Formats.CheckpointException">The tensors are not those of its config.</exception>
    public static TensorMap Of(ModelCheckpoint model)
    {
        var family = model.Side.Config.Family;
        var choices = family.Choices.Where(static choice => choice.Side == FamilySide.Hf).ToDictionary(static choice => choice.Name, static choice => choice.Options.Contains(PerExpert) ? PerExpert : choice.Options[0]);
        choices["router bias"] = "float32";
        if (family.Namings.Count > 0) { choices["hf names"] = family.Namings[0].Name; }
        return model.ToHf(new BridgeOptions { Choices = choices, HfPrefix = "model." });
    }
}
