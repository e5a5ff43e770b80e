namespace Ckpt.Verify.Diagnosing;

/// <summary>A simple cause of a difference.</summary>
public enum DiagnosisKind
{
    /// <summary>The tensor is another one of the first checkpoint: q for k, gate for up, a neighbouring layer or expert.</summary>
    OtherTensor,

    /// <summary>The matrix is transposed.</summary>
    Transposed,

    /// <summary>Rows lie in another order.</summary>
    RowsPermuted,

    /// <summary>Blocks of rows lie in another order: heads.</summary>
    HeadsPermuted,

    /// <summary>The rows of each head are ordered for the other form of rotary embedding: halves, or pairs.</summary>
    RotaryOrder,

    /// <summary>The two halves of the rows are swapped: gate and up of a fused tensor.</summary>
    HalvesSwapped,

    /// <summary>Gate and up rows take turns by tensor-parallel rank.</summary>
    TensorParallelOrder,

    /// <summary>Rows lie a few places further on: padding, or an offset.</summary>
    RowsShifted,

    /// <summary>Rows are zero.</summary>
    RowsZeroed,

    /// <summary>Columns lie in another order.</summary>
    ColumnsPermuted,

    /// <summary>Every element is multiplied by a constant.</summary>
    Scaled,

    /// <summary>A constant is added to every element.</summary>
    Added,

    /// <summary>Every element is rounded to a narrower type and back.</summary>
    Rounded,

    /// <summary>The elements are those of the other type, cast.</summary>
    Cast,

    /// <summary>A few elements differ in one bit.</summary>
    BitsFlipped,
}

/// <summary>A cause that was checked: the first tensor, changed so, is the second bit for bit.</summary>
/// <param name="Kind">Which cause.</param>
/// <param name="Text">It in words.</param>
public sealed record Diagnosis(DiagnosisKind Kind, string Text);
