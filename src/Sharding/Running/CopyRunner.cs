using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Plans;
using Microsoft.Win32.SafeHandles;

namespace Ckpt.Sharding.Running;

/// <summary>
/// Runs a plan: fills the layout's blocks in file order on several threads, sums their CRCs, writes the frames, flushes. Decides nothing.
/// </summary>
public sealed class CopyRunner
{
    readonly CopyPlan _plan;
    readonly ICheckpointReader _reader;
    readonly PartialOutput _output;
    readonly RunOptions _options;
    readonly IRunProgress _progress;
    readonly CancellationToken _cancel;
    readonly List<Block> _blocks;
    readonly int[] _firstPiece;
    readonly uint[]?[] _crcs;
    readonly SafeFileHandle[] _handles;
    readonly WorkerShare _share;
    readonly WriteBehind _behind = new(128 << 20); // 64 to 256 MiB measured alike; without it times vary threefold (bench/results)
    int _next;

    CopyRunner(CopyPlan plan, ICheckpointReader reader, PartialOutput output, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        (_plan, _reader, _output, _options, _progress, _cancel) = (plan, reader, output, options, progress, cancel);
        _blocks = BlockCutter.Cut(plan.Layout, options.BlockBytes);
        _share = WorkerShare.Of(_blocks, options.Worker, options.Workers);
        _next = _share.First - 1;
        _crcs = new uint[]?[_blocks.Count];
        _firstPiece = new int[plan.Layout.Files.Count];
        for (var f = 1; f < _firstPiece.Length; f++) { _firstPiece[f] = _firstPiece[f - 1] + plan.Layout.Files[f - 1].Data.Count; }
        _handles = new SafeFileHandle[plan.Layout.Files.Count];
    }

    /// <summary>
    /// Writes every data file of the plan's layout into the output's folder, complete and flushed. What an earlier run of the same plan
    /// left is read back, checked against its journal and kept.
    /// </summary>
    /// <returns>
    /// The files, in layout order, once all are complete; of several workers only the last to finish gets them and is to publish, the others get
    /// null when their share is done (SHD-8.x).
    /// </returns>
    public static IReadOnlyList<WrittenFile>? Run(
        CopyPlan plan, ICheckpointReader reader, PartialOutput output, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        var budget = MemoryBudget.Fit(plan, options);
        var runner = new CopyRunner(plan, reader, output, options, progress, cancel);
        try { return runner.Run(budget.Threads); }
        finally
        {
            foreach (var handle in runner._handles) { handle?.Dispose(); }
        }
    }

    List<WrittenFile>? Run(int threads)
    {
        OpenFiles();
        KeepEarlierWork();
        var left = 0L;
        for (var b = _share.First; b < _share.End; b++)
        {
            if (_crcs[b] is null) { left += _blocks[b].Length; }
        }
        _progress.Begin("copying", left);
        WorkerThreads.Run(threads, FillBlocks, () => Interlocked.Exchange(ref _next, _blocks.Count));
        if (_options.Workers > 1 && !IsLastOfAll()) { return null; }
        var files = new List<WrittenFile>(_handles.Length);
        for (var f = 0; f < _handles.Length; f++)
        {
            files.Add(WriteFrames(f));
            RandomAccess.FlushToDisk(_handles[f]);
        }
        return files;
    }

    /// <summary>SHD-8.2: of several workers, whoever holds the lock and finds every share done completes the output.</summary>
    bool IsLastOfAll()
    {
        for (var f = 0; f < _handles.Length; f++)
        {
            if (_share.First < _share.End && f >= _blocks[_share.First].File && f <= _blocks[_share.End - 1].File) { RandomAccess.FlushToDisk(_handles[f]); }
        }
        _output.Journal.Finish();
        if (Journal.TakePublishing(_output.Folder, _cancel) is not { } publishing) { return false; }
        if (HaveAll()) { _output.Publishing = publishing; return true; }
        publishing.Dispose();
        return false;
    }

    /// <summary>Takes over what others recorded; what nobody says is flushed, and nobody is at work on, is read back first.</summary>
    bool HaveAll()
    {
        var others = _output.Journal.Others();
        var doubtful = new List<(int, uint[])>();
        for (var b = 0; b < _blocks.Count; b++)
        {
            if (_crcs[b] is not null) { continue; }
            if (RecordOf(others, b, static r => r.IsFlushed) is { } sure) { _crcs[b] = sure; }
            else if (RecordOf(others, b, static r => !r.IsHeld) is { } left) { doubtful.Add((b, left)); }
            else { return false; }
        }
        Check(doubtful);
        return Array.TrueForAll(_crcs, static crcs => crcs is not null);
    }

    uint[]? RecordOf(IReadOnlyList<JournalRecords> journals, int block, Predicate<JournalRecords> counts)
    {
        foreach (var journal in journals)
        {
            if (counts(journal) && journal.Done.TryGetValue(block, out var crcs) && crcs.Length == _blocks[block].Ranges) { return crcs; }
        }
        return null;
    }

    void OpenFiles()
    {
        for (var f = 0; f < _handles.Length; f++)
        {
            var path = Path.Combine(_output.Folder, _plan.Layout.Files[f].Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            _handles[f] = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
            if (RandomAccess.GetLength(_handles[f]) != _plan.Layout.Files[f].Length) { RandomAccess.SetLength(_handles[f], _plan.Layout.Files[f].Length); }
        }
    }

    /// <summary>SHD-4.4: a recorded block counts only if the bytes are really there; a power cut may have lost them.</summary>
    void KeepEarlierWork()
    {
        var done = _output.Journal.Done;
        var others = _output.Journal.Others();
        var recorded = new List<(int, uint[])>();
        for (var b = _share.First; b < _share.End; b++)
        {
            if (done.TryGetValue(b, out var crcs) && crcs.Length == _blocks[b].Ranges) { recorded.Add((b, crcs)); }
            else if (RecordOf(others, b, static r => !r.IsHeld) is { } theirs) { recorded.Add((b, theirs)); }
        }
        Check(recorded);
        foreach (var (b, crcs) in recorded)
        {
            if (_crcs[b] is not null && !done.ContainsKey(b)) { _output.Journal.Record(b, crcs); }
        }
    }

    /// <summary>Reads blocks back and keeps those whose bytes agree.</summary>
    void Check(List<(int Block, uint[] Crcs)> recorded)
    {
        if (recorded.Count == 0) { return; }
        _progress.Begin("checking what an earlier run left", recorded.Sum(r => (long)_blocks[r.Block].Length));
        var buffer = new byte[_options.BlockBytes];
        foreach (var (b, crcs) in recorded)
        {
            _cancel.ThrowIfCancellationRequested();
            var span = buffer.AsSpan(0, _blocks[b].Length);
            ReadExactly(_handles[_blocks[b].File], span, _blocks[b].Offset);
            if (CrcsOf(_blocks[b], span).AsSpan().SequenceEqual(crcs)) { _crcs[b] = crcs; }
            _progress.Advance(_blocks[b].Length);
        }
    }

    void FillBlocks()
    {
        var assembler = new BlockAssembler(_reader, _options.BlockBytes);
        var buffer = new byte[_options.BlockBytes];
        while (Interlocked.Increment(ref _next) is var b && b < _share.End)
        {
            _cancel.ThrowIfCancellationRequested();
            if (_crcs[b] is not null) { continue; }
            var block = _blocks[b];
            var span = buffer.AsSpan(0, block.Length);
            Assemble(assembler, block, span);
            var crcs = CrcsOf(block, span);
            RandomAccess.Write(_handles[block.File], span, block.Offset);
            _behind.Written(_handles[block.File], block.Offset, block.Length);
            _output.Journal.Record(b, crcs);
            _crcs[b] = crcs;
            _progress.Advance(block.Length);
        }
    }

    void Assemble(BlockAssembler assembler, Block block, Span<byte> target)
    {
        var file = _plan.Layout.Files[block.File];
        for (var r = block.FirstRange; r < block.FirstRange + block.Ranges; r++)
        {
            var (start, length) = PartOf(block, file.Data[r]);
            if (length == 0) { continue; }
            var piece = _plan.Pieces[_firstPiece[block.File] + r];
            var at = (int)(file.Data[r].Offset + start - block.Offset);
            assembler.Fill(_plan, piece, _plan.Layout.Tensors[file.Data[r].Tensor].DType, start, target.Slice(at, length));
        }
    }

    uint[] CrcsOf(Block block, ReadOnlySpan<byte> bytes)
    {
        var crcs = new uint[block.Ranges];
        for (var i = 0; i < crcs.Length; i++)
        {
            var range = _plan.Layout.Files[block.File].Data[block.FirstRange + i];
            var (start, length) = PartOf(block, range);
            crcs[i] = Crc32.Of(bytes.Slice((int)(range.Offset + start - block.Offset), length));
        }
        return crcs;
    }

    /// <summary>Which bytes of a range a block holds, counted from the range's start.</summary>
    static (long Start, int Length) PartOf(Block block, DataRange range)
    {
        var start = Math.Max(block.Offset, range.Offset) - range.Offset;
        var end = Math.Min(block.Offset + block.Length, range.Offset + range.Length) - range.Offset;
        return (start, (int)Math.Max(0, end - start));
    }

    /// <summary>SHD-3.2: frames come last, as some hold the CRC of the data between them.</summary>
    WrittenFile WriteFrames(int f)
    {
        var file = _plan.Layout.Files[f];
        var ranges = RangeCrcs(f);
        var crc = Crc32.Empty;
        var (end, nextRange) = (0L, 0);
        foreach (var frame in file.Frames)
        {
            for (; nextRange < file.Data.Count && file.Data[nextRange].Offset < frame.Offset; nextRange++) { TakeRange(); }
            var bytes = frame.Bytes(ranges);
            if (bytes.Length != frame.Length || frame.Offset != end) { throw new InvalidOperationException($"{file.Path}: a frame of {bytes.Length} bytes for {frame.Length} at {frame.Offset}, after {end}"); }
            RandomAccess.Write(_handles[f], bytes, frame.Offset);
            crc = Crc32.Combine(crc, Crc32.Of(bytes), bytes.Length);
            end += bytes.Length;
        }
        for (; nextRange < file.Data.Count; nextRange++) { TakeRange(); }
        return end == file.Length ? new WrittenFile(file.Path, file.Length, crc) : throw new InvalidOperationException($"{file.Path}: the layout fills {end} of {file.Length} bytes");

        void TakeRange()
        {
            var range = file.Data[nextRange];
            if (range.Offset != end) { throw new InvalidOperationException($"{file.Path}: a data range at {range.Offset}, after {end}"); }
            crc = Crc32.Combine(crc, ranges[nextRange], range.Length);
            end += range.Length;
        }
    }

    uint[] RangeCrcs(int f)
    {
        var file = _plan.Layout.Files[f];
        var crcs = new uint[file.Data.Count];
        for (var b = FirstBlockOf(f); b < _blocks.Count && _blocks[b].File == f; b++)
        {
            for (var i = 0; i < _blocks[b].Ranges; i++)
            {
                var r = _blocks[b].FirstRange + i;
                crcs[r] = Crc32.Combine(crcs[r], _crcs[b]![i], PartOf(_blocks[b], file.Data[r]).Length);
            }
        }
        return crcs;
    }

    int FirstBlockOf(int file)
    {
        var (low, high) = (0, _blocks.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_blocks[middle].File < file) { low = middle + 1; } else { high = middle; }
        }
        return low;
    }

    static void ReadExactly(SafeFileHandle handle, Span<byte> target, long offset)
    {
        while (target.Length > 0)
        {
            var got = RandomAccess.Read(handle, target, offset);
            if (got == 0) { target.Clear(); return; } // shorter than announced: the CRC tells
            target = target[got..];
            offset += got;
        }
    }
}
