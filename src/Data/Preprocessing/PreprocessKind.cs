namespace Ckpt.Data.Preprocessing;

/// <summary>What a handler writes.</summary>
public enum PreprocessKind
{
    Text, Instruction, Pairwise,
}
