namespace Ckpt.Formats.TorchDist;

/// <summary>
/// Deals boxes out to files as torch does: largest first, each to the file with the fewest bytes (TDC-4.1). Source:
/// torch/distributed/checkpoint/filesystem.py _split_by_size_and_type.
/// </summary>
static class TorchDistBuckets
{
    /// <summary>For each file that gets any, the indices of its boxes, in their order there.</summary>
    internal static List<List<int>> Split(IReadOnlyList<long> sizes, int files)
    {
        if (files == 1) { return sizes.Count == 0 ? [] : [[.. Enumerable.Range(0, sizes.Count)]]; }
        var buckets = new List<int>[Math.Min(files, Math.Max(1, sizes.Count))];
        var smallest = new PriorityQueue<int, (long Bytes, int Bucket)>();
        for (var i = 0; i < buckets.Length; i++)
        {
            buckets[i] = [];
            smallest.Enqueue(i, (0, i));
        }
        foreach (var item in Enumerable.Range(0, sizes.Count).OrderByDescending(item => sizes[item]))
        {
            smallest.TryDequeue(out var bucket, out var filled);
            buckets[bucket].Add(item);
            smallest.Enqueue(bucket, (filled.Bytes + sizes[item], bucket));
        }
        return [.. buckets.Where(bucket => bucket.Count > 0)];
    }
}
