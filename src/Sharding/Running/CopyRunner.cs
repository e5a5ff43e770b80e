using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Plans;
using Microsoft.Win32.SafeHandles;

namespace Ckpt.Sharding.Running;

/// <summary>
/// Runs a plan: fills the layout's blocks in file order on several threads, sums their CRCs, writes the frames, flushes. Decides nothing.
/// </summary>
public sealed class CopyRunner : IDisposable
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
    readonly OutputFiles _files;
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
        _files = new OutputFiles(output.Folder, plan.Layout.Files);
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
        var budget = MemoryBudget.Fit(plan, options, reader.ReadingCost);
        using var runner = new CopyRunner(plan, reader, output, options, progress, cancel);
        return runner.Run(budget.Threads);
    }

    public void Dispose()
    {
        _behind.Dispose();
        _files.Dispose();
    }

    List<WrittenFile>? Run(int threads)
    {
        KeepEarlierWork();
        var left = 0L;
        for (var b = _share.First; b < _share.End; b++)
        {
            if (_crcs[b] is null) { left += _blocks[b].Length; }
        }
        _progress.Begin("copying", left);
        WorkerThreads.Run(threads, FillBlocks, () => Interlocked.Exchange(ref _next, _blocks.Count));
        if (_options.Workers > 1 && !IsLastOfAll()) { return null; }
        var files = new List<WrittenFile>(_plan.Layout.Files.Count);
        for (var f = 0; f < _plan.Layout.Files.Count; f++) { files.Add(_plan.Layout.Files[f].Encode is null ? WriteFrames(f) : Encoded(f)); }
        _files.Flush(0, _plan.Layout.Files.Count);
        return files;
    }

    /// <summary>SHD-8.2: of several workers, whoever holds the lock and finds every share done completes the output.</summary>
    bool IsLastOfAll()
    {
        if (_share.First < _share.End) { _files.Flush(_blocks[_share.First].File, _blocks[_share.End - 1].File + 1); }
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
            if (counts(journal) && journal.Done.TryGetValue(block, out var crcs) && crcs.Length == Recorded(block)) { return crcs; }
        }
        return null;
    }

    /// <summary>SHD-4.4: a recorded block counts only if the bytes are really there; a power cut may have lost them.</summary>
    void KeepEarlierWork()
    {
        var done = _output.Journal.Done;
        var others = _output.Journal.Others();
        var recorded = new List<(int, uint[])>();
        for (var b = _share.First; b < _share.End; b++)
        {
            if (done.TryGetValue(b, out var crcs) && crcs.Length == Recorded(b)) { recorded.Add((b, crcs)); }
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
            if (IsAsRecorded(_blocks[b], crcs, buffer)) { _crcs[b] = crcs; }
            _progress.Advance(_blocks[b].Length);
        }
    }

    /// <summary>How many numbers the journal has of a block: the CRC of each range; of an encoded file CRC and length as they are stored.</summary>
    int Recorded(int block) => _plan.Layout.Files[_blocks[block].File].Encode is null ? _blocks[block].Ranges : 2;

    bool IsAsRecorded(Block block, uint[] crcs, byte[] buffer)
    {
        using var file = _files.Open(block.File);
        if (_plan.Layout.Files[block.File].Encode is not null) { return IsAsEncoded(file.Handle, crcs, buffer); }
        var span = buffer.AsSpan(0, block.Length);
        ReadExactly(file.Handle, span, block.Offset);
        return CrcsOf(block, span).AsSpan().SequenceEqual(crcs);
    }

    /// <summary>SHD-9.2: what is stored must be what was recorded.</summary>
    static bool IsAsEncoded(SafeFileHandle file, uint[] recorded, byte[] buffer)
    {
        if (RandomAccess.GetLength(file) != recorded[1]) { return false; }
        var crc = Crc32.Empty;
        for (var at = 0L; at < recorded[1]; at += buffer.Length)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, recorded[1] - at));
            ReadExactly(file, part, at);
            crc = Crc32.Append(crc, part);
        }
        return crc == recorded[0];
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
            if (buffer.Length < block.Length) { buffer = new byte[block.Length]; } // a file to be encoded, whole
            var content = buffer.AsMemory(0, block.Length);
            Assemble(assembler, block, content.Span);
            var crcs = Store(block, content);
            _output.Journal.Record(b, crcs);
            _crcs[b] = crcs;
            _progress.Advance(block.Length);
        }
    }

    /// <summary>Writes a block, and says what the journal is to know of it.</summary>
    uint[] Store(Block block, ReadOnlyMemory<byte> content)
    {
        var file = _files.Open(block.File);
        var encode = _plan.Layout.Files[block.File].Encode;
        var stored = encode?.Apply(content) ?? content;
        RandomAccess.Write(file.Handle, stored.Span, block.Offset);
        if (encode is not null) { RandomAccess.SetLength(file.Handle, stored.Length); } // an earlier run may have left more
        _behind.Written(file, block.Offset, stored.Length);
        return encode is null ? CrcsOf(block, content.Span) : [Crc32.Of(stored.Span), (uint)stored.Length];
    }

    WrittenFile Encoded(int f)
    {
        var crcs = _crcs[FirstBlockOf(f)]!;
        return new WrittenFile(_plan.Layout.Files[f].Path, crcs[1], crcs[0]);
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
        using var output = _files.Open(f);
        var crc = Crc32.Empty;
        var (end, nextRange) = (0L, 0);
        foreach (var frame in file.Frames)
        {
            for (; nextRange < file.Data.Count && file.Data[nextRange].Offset < frame.Offset; nextRange++) { TakeRange(); }
            var bytes = frame.Bytes(ranges);
            if (bytes.Length != frame.Length || frame.Offset != end) { throw new InvalidOperationException($"{file.Path}: a frame of {bytes.Length} bytes for {frame.Length} at {frame.Offset}, after {end}"); }
            RandomAccess.Write(output.Handle, bytes, frame.Offset);
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
