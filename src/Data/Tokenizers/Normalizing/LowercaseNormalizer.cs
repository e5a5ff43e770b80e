using System.Text;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Normalizing;

/// <summary>Makes letters small, by full case mapping.</summary>
sealed class LowercaseNormalizer : INormalizer
{
    public AlignedText Normalize(AlignedText text)
    {
        var changes = new List<CharChange>(text.Text.Length);
        foreach (var rune in text.Text.EnumerateRunes())
        {
            if (rune.Value == 0x130) // İ is the one letter that becomes two
            {
                changes.Add(new CharChange('i', 0));
                changes.Add(new CharChange(0x307, 1));
            }
            else { changes.Add(new CharChange(Rune.ToLowerInvariant(rune).Value, 0)); }
        }
        return text.Transform(changes, 0);
    }
}
