using Ckpt.Formats.IO;

namespace Ckpt.Formats.Tensors;

/// <summary>
/// Where the elements of a box lie: element index i (per axis, counted from the box's corner) is at
/// <c>Offset + sum(i[axis] · Strides[axis]) · element bytes</c> of <c>Source</c>. Checked to lie inside it.
/// </summary>
/// <param name="Source">Owned by the reader that gave it.</param>
/// <param name="Offset">Byte of the box's first element.</param>
/// <param name="Strides">In elements, one per axis of the box; not negative. For sub-byte elements always row-major.</param>
public readonly record struct BoxPayload(IByteSource Source, long Offset, long[] Strides);
