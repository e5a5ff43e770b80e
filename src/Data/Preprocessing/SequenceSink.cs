using Ckpt.Data.Indexed;

namespace Ckpt.Data.Preprocessing;

/// <summary>The outputs of a run, one for each key, written side by side.</summary>
sealed class SequenceSink : IDisposable
{
    readonly IndexedDatasetWriter[] _writers;

    internal SequenceSink(IReadOnlyList<string> prefixes, IndexedDType type)
    {
        Prefixes = prefixes;
        _writers = new IndexedDatasetWriter[prefixes.Count];
        try
        {
            for (var i = 0; i < _writers.Length; i++) { _writers[i] = new IndexedDatasetWriter(prefixes[i], type); }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal IReadOnlyList<string> Prefixes { get; }

    internal long Sequences => _writers[0].SequenceCount;

    internal long Tokens => _writers[0].ElementCount;

    /// <summary>Writes a document of one sequence to each.</summary>
    internal void Write(int[][] arrays)
    {
        for (var i = 0; i < _writers.Length; i++) { _writers[i].Add(arrays[i]); }
        EndDocument();
    }

    /// <summary>Ends a document, with or without something in it.</summary>
    internal void EndDocument()
    {
        foreach (var writer in _writers) { writer.EndDocument(); }
    }

    internal void Finish()
    {
        foreach (var writer in _writers) { writer.Finish(); }
    }

    public void Dispose()
    {
        foreach (var writer in _writers) { writer?.Dispose(); }
    }
}
