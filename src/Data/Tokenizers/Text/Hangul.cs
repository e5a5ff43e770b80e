namespace Ckpt.Data.Tokenizers.Text;

/// <summary>Hangul syllables and their letters, by arithmetic (the Unicode standard, 3.12).</summary>
static class Hangul
{
    internal const int FirstVowel = 0x1161;
    internal const int Vowels = 21;
    internal const int FirstTail = 0x11A8;
    internal const int Tails = 27;
    const int FirstSyllable = 0xAC00;
    const int FirstLead = 0x1100;
    const int Leads = 19;
    const int Syllables = Leads * Vowels * (Tails + 1);

    internal static bool IsSyllable(int codePoint) => codePoint is >= FirstSyllable and < FirstSyllable + Syllables;

    /// <summary>The two or three letters of a syllable; the third is 0 where there are two.</summary>
    internal static (int Lead, int Vowel, int Tail) Decompose(int syllable)
    {
        var index = syllable - FirstSyllable;
        var tail = index % (Tails + 1);
        return (FirstLead + (index / (Vowels * (Tails + 1))), FirstVowel + (index / (Tails + 1) % Vowels), tail == 0 ? 0 : FirstTail - 1 + tail);
    }

    /// <summary>The syllable of lead and vowel, or of syllable and tail; −1 where there is none.</summary>
    internal static int Compose(int first, int second)
    {
        if (first is >= FirstLead and < FirstLead + Leads && second is >= FirstVowel and < FirstVowel + Vowels)
        {
            return FirstSyllable + ((((first - FirstLead) * Vowels) + (second - FirstVowel)) * (Tails + 1));
        }
        return IsSyllable(first) && (first - FirstSyllable) % (Tails + 1) == 0 && second is >= FirstTail and < FirstTail + Tails
            ? first + (second - FirstTail + 1) : -1;
    }
}
