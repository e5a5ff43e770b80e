namespace Ckpt.Torch;

/// <summary>What a boxed argument or result is; the numbers are those of <c>ckpt::Tag</c> in native/shim.h.</summary>
enum ArgumentKind
{
    None = 0,
    Tensor = 1,
    Int = 2,
    Double = 3,
    Bool = 4,
    String = 5,
    IntList = 6,
    DoubleList = 7,
    BoolList = 8,
    TensorList = 9,
    Device = 10,
}
