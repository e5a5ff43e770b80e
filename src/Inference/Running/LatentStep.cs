using Ckpt.Inference.Descriptions;

namespace Ckpt.Inference.Running;

/// <summary>Multi-latent attention: keys and values come out of a latent, and all heads share the part of the key that turns.</summary>
static class LatentStep
{
    // transformers gives these norms no epsilon of the config's: their class' own.
    const float Epsilon = 1e-6f;

    internal static RowMatrix Run(PassContext context, LatentKind kind, int layer, RowMatrix inputs)
    {
        var queries = Queries(context, kind, inputs);
        var (latents, shared) = Split(context.Multiply(kind.Down, inputs), kind);
        context.Normalise(kind.KvNorm, latents, kind.KvLora, Epsilon);
        var both = context.Multiply(kind.Up, latents);
        var angles = context.Angles(kind.Rotary);
        var dim = kind.Nope + kind.Rope;
        var keys = new RowMatrix(inputs.Count, kind.Heads * dim);
        var values = new RowMatrix(inputs.Count, kind.Heads * kind.Value);
        for (var row = 0; row < inputs.Count; row++)
        {
            angles.Turn(row, shared[row]);
            for (var head = 0; head < kind.Heads; head++)
            {
                angles.Turn(row, queries[row].Slice((head * dim) + kind.Nope, kind.Rope));
                var pair = both[row].Slice(head * (kind.Nope + kind.Value), kind.Nope + kind.Value);
                pair[..kind.Nope].CopyTo(keys[row][(head * dim)..]);
                shared[row].CopyTo(keys[row][((head * dim) + kind.Nope)..]);
                pair[kind.Nope..].CopyTo(values[row][(head * kind.Value)..]);
            }
        }
        var heads = new HeadsKind(kind.Heads, kind.Heads, dim, kind.Value, kind.Scale, null, null, null);
        return context.Multiply(kind.Output, ScoredHeads.Run(context, heads, layer, queries, keys, values));
    }

    static RowMatrix Queries(PassContext context, LatentKind kind, RowMatrix inputs)
    {
        if (kind.QueryDown is null) { return context.Multiply(kind.Query, inputs); }
        var latents = context.Multiply(kind.QueryDown, inputs);
        context.Normalise(kind.QueryNorm!, latents, latents.Width, Epsilon);
        return context.Multiply(kind.Query, latents);
    }

    static (RowMatrix Latents, RowMatrix Shared) Split(RowMatrix both, LatentKind kind)
    {
        var (latents, shared) = (new RowMatrix(both.Count, kind.KvLora), new RowMatrix(both.Count, kind.Rope));
        for (var row = 0; row < both.Count; row++)
        {
            both[row][..kind.KvLora].CopyTo(latents[row]);
            both[row][kind.KvLora..].CopyTo(shared[row]);
        }
        return (latents, shared);
    }
}
