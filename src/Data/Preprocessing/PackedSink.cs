using Ckpt.Data.Indexed;
using Ckpt.Data.Packing;

namespace Ckpt.Data.Preprocessing;

/// <summary>
/// Collects samples, in files beside the output so that memory holds their lengths only, and writes them packed: ids and labels one after
/// the other and filled up, a mask that says which is which.
/// </summary>
sealed class PackedSink : IDisposable
{
    readonly string _prefix;
    readonly IndexedDatasetWriter _ids;
    readonly IndexedDatasetWriter _labels;
    readonly List<int> _lengths = [];

    internal PackedSink(string prefix)
    {
        _prefix = prefix;
        _ids = new IndexedDatasetWriter(IdsAt, IndexedDType.Int32);
        _labels = new IndexedDatasetWriter(LabelsAt, IndexedDType.Int32);
    }

    string IdsAt => _prefix + "_samples_ids";

    string LabelsAt => _prefix + "_samples_labels";

    internal void Add(int[] ids, int[] labels)
    {
        _ids.Add(ids);
        _labels.Add(labels);
        _lengths.Add(ids.Length);
    }

    /// <summary>Packs all samples into sequences of <paramref name="length"/> (MindSpeed's knapsack, of one less) and writes them.</summary>
    internal void WriteTo(SequenceSink output, int length, int padding, bool isNeat, CancellationToken cancel)
    {
        _ids.EndDocument();
        _labels.EndDocument();
        _ids.Finish();
        _labels.Finish();
        using var ids = IndexedDatasetReader.Open(IdsAt);
        using var labels = IndexedDatasetReader.Open(LabelsAt);
        foreach (var pack in PackPlan.GreedyKnapsack(_lengths, length - 1))
        {
            cancel.ThrowIfCancellationRequested();
            var (packed, mask, learned) = (new int[length], new int[length], new int[length]);
            Array.Fill(packed, padding);
            Array.Fill(learned, EncodedSample.Ignored);
            if (!isNeat) { Array.Fill(mask, 1); } // MindSpeed's plain packs attend to the filling too
            var at = 0;
            for (var i = 0; i < pack.Count; i++)
            {
                Put(ids.ReadNumbers(pack[i]), packed, at);
                Put(labels.ReadNumbers(pack[i]), learned, at);
                if (isNeat) { Array.Fill(mask, i + 1, at, _lengths[pack[i]]); }
                at += _lengths[pack[i]];
            }
            output.Write([packed, mask, learned]);
        }
    }

    public void Dispose()
    {
        _ids.Dispose();
        _labels.Dispose();
        foreach (var prefix in new[] { IdsAt, LabelsAt })
        {
            File.Delete(prefix + ".bin");
            File.Delete(prefix + ".idx");
        }
    }

    static void Put(long[] from, int[] to, int at)
    {
        for (var i = 0; i < from.Length; i++) { to[at + i] = (int)from[i]; }
    }
}
