namespace Ckpt.Trainer.Modeling.Kernels;

/// <summary>
/// From the fused output of a projection to queries [b, heads, s, d], keys and values [b, groups, s, d]: parted, queries and keys
/// normalised head by head where the model does, turned by position, each written once. And back.
/// </summary>
static unsafe class QkvKernel
{
    internal static void Forward<T>(QkvShape shape, nint fused, QkvNorms norms, RotaryTable? angles, nint queries, nint keys, nint values) where T : unmanaged, IElement<T>
    {
        var (queryFactors, keyFactors) = norms.Factors<T>(shape.Dim);
        KernelRows.Run(shape.Rows, shape.Width, (from, end, _) =>
        {
            var (one, two) = (new float[shape.Dim], new float[shape.Dim]);
            for (var row = from; row < end; row++)
            {
                for (var slot = 0; slot < shape.Groups * (shape.PerGroup + 2); slot++)
                {
                    var place = Place(shape, row, slot);
                    var source = (T*)fused + (row * shape.Width) + (slot * (long)shape.Dim);
                    var target = (T*)(place.Part == 0 ? queries : place.Part == 1 ? keys : values) + place.Offset;
                    if (place.Part == 2)
                    {
                        new ReadOnlySpan<T>(source, shape.Dim).CopyTo(new Span<T>(target, shape.Dim));
                        continue;
                    }
                    var head = KernelRows.Target(target, shape.Dim, one);
                    if ((place.Part == 0 ? queryFactors : keyFactors) is { } factors) { RmsNormKernel.Row(KernelRows.Read(source, shape.Dim, two), factors, head, norms.Epsilon); }
                    else { T.Widen(new ReadOnlySpan<T>(source, shape.Dim), head); }
                    if (angles is not null) { RotaryKernel.Head(head, angles.Cosines(row), angles.Sines(row), angles.IsInterleaved, back: false); }
                    KernelRows.Write(head, target);
                }
            }
        });
    }

    /// <summary>Gradients of the fused output, and, where asked for, of the norms' weights. <paramref name="fused"/> is read only where there are norms.</summary>
    internal static void Backward<T>(
        QkvShape shape, nint fused, QkvNorms norms, RotaryTable? angles, nint queries, nint keys, nint values, nint target, nint queryNorm, nint keyNorm) where T : unmanaged, IElement<T>
    {
        var (queryFactors, keyFactors) = norms.Factors<T>(shape.Dim);
        var blocks = KernelRows.Blocks(shape.Rows, shape.Width);
        var querySums = queryNorm == 0 ? null : new float[blocks][];
        var keySums = keyNorm == 0 ? null : new float[blocks][];
        KernelRows.Run(shape.Rows, shape.Width, (from, end, block) =>
        {
            var (one, two, three) = (new float[shape.Dim], new float[shape.Dim], new float[shape.Dim]);
            var querySum = querySums is null ? null : querySums[block] = new float[shape.Dim];
            var keySum = keySums is null ? null : keySums[block] = new float[shape.Dim];
            for (var row = from; row < end; row++)
            {
                for (var slot = 0; slot < shape.Groups * (shape.PerGroup + 2); slot++)
                {
                    var place = Place(shape, row, slot);
                    var at = (row * shape.Width) + (slot * (long)shape.Dim);
                    var source = (T*)(place.Part == 0 ? queries : place.Part == 1 ? keys : values) + place.Offset;
                    if (place.Part == 2)
                    {
                        new ReadOnlySpan<T>(source, shape.Dim).CopyTo(new Span<T>((T*)target + at, shape.Dim));
                        continue;
                    }
                    T.Widen(new ReadOnlySpan<T>(source, shape.Dim), one);
                    if (angles is not null) { RotaryKernel.Head(one, angles.Cosines(row), angles.Sines(row), angles.IsInterleaved, back: true); }
                    var head = KernelRows.Target((T*)target + at, shape.Dim, two);
                    if ((place.Part == 0 ? queryFactors : keyFactors) is { } factors)
                    {
                        RmsNormKernel.RowGradient(KernelRows.Read((T*)fused + at, shape.Dim, three), factors, one, head, place.Part == 0 ? querySum : keySum, norms.Epsilon);
                    }
                    else { one.CopyTo(head); }
                    KernelRows.Write(head, (T*)target + at);
                }
            }
        });
        if (querySums is not null) { RmsNormKernel.Store<T>(querySums, queryNorm, shape.Dim); }
        if (keySums is not null) { RmsNormKernel.Store<T>(keySums, keyNorm, shape.Dim); }
    }

    // Part: 0 queries, 1 keys, 2 values.
    static (int Part, long Offset) Place(QkvShape shape, long row, int slot)
    {
        var (group, number) = (slot / (shape.PerGroup + 2), slot % (shape.PerGroup + 2));
        var (batch, position) = (row / shape.Length, row % shape.Length);
        if (number < shape.PerGroup) { return (0, ((((batch * shape.Heads) + (group * shape.PerGroup) + number) * shape.Length) + position) * shape.Dim); }
        return (1 + number - shape.PerGroup, ((((batch * shape.Groups) + group) * shape.Length) + position) * shape.Dim);
    }
}
