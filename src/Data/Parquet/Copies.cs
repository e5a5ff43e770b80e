namespace Ckpt.Data.Parquet;

/// <summary>The copy of the LZ family: bytes already written, again.</summary>
static class Copies
{
    /// <summary>Appends <paramref name="count"/> bytes from <paramref name="back"/> bytes before; the two may overlap, which repeats.</summary>
    internal static bool TryRepeat(Span<byte> output, ref int done, uint back, int count)
    {
        if (back == 0 || back > (uint)done || count > output.Length - done) { return false; }
        var distance = (int)back;
        var target = output.Slice(done, count);
        done += count;
        // Each round doubles what can be copied without overlap.
        var source = output.Slice(done - count - distance, distance);
        while (target.Length > distance)
        {
            source.CopyTo(target);
            target = target[distance..];
        }
        source[..target.Length].CopyTo(target);
        return true;
    }
}
