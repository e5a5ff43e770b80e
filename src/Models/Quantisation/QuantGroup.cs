namespace Ckpt.Models.Quantisation;

/// <summary>How compressed-tensors quantises the modules of one group of its config.</summary>
/// <param name="Name">Its key in <c>config_groups</c>.</param>
/// <param name="Targets">Module names, patterns behind <c>re:</c>, or classes.</param>
/// <param name="Format">How codes are stored: <c>pack-quantized</c>, <c>float-quantized</c>, …</param>
/// <param name="Bits">Of a code.</param>
/// <param name="IsFloat">Whether codes are floats.</param>
/// <param name="Strategy">What has a scale of its own: <c>tensor</c>, <c>channel</c>, <c>group</c>, <c>tensor_group</c> or <c>block</c>.</param>
/// <param name="BlockRows">Rows of a block.</param>
/// <param name="BlockColumns">Columns of a block, or the size of a group.</param>
/// <param name="IsSymmetric">Whether there are no zero points.</param>
/// <param name="IsReordered">Whether columns belong to groups in an order of their own (<c>actorder: group</c>).</param>
public sealed record QuantGroup(
    string Name, IReadOnlyList<string> Targets, string Format, int Bits, bool IsFloat, string Strategy, long BlockRows, long BlockColumns, bool IsSymmetric, bool IsReordered);
