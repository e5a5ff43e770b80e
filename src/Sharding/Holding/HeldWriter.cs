using System.Globalization;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;

namespace Ckpt.Sharding.Holding;

/// <summary>
/// One rank's share of writing a plan whose source is held by several: the ranges that are all its own, with the checksums around them, and of others
/// the stretches it has (SHD-10.1). All ranks make the same plan and write into the same files. Box by box, so that not all need be in memory at once.
/// </summary>
public sealed class HeldWriter : IDisposable
{
    const int BlockBytes = 4 << 20;
    const int AllOfIt = -1;

    readonly CopyPlan _plan;
    readonly ICheckpointReader _reader;
    readonly OutputFiles _files;
    readonly int _threads;
    readonly Dictionary<(int Tensor, int Box), List<Job>> _jobs = [];
    readonly List<Job> _joint = [];
    readonly List<(int File, Frame Frame)> _frames = [];
    readonly HashSet<int> _used = [];
    BlockAssembler?[] _assemblers = [];

    /// <summary>A share of a plan.</summary>
    /// <param name="plan">The plan; its source's boxes say by their file which rank is to write them.</param>
    /// <param name="reader">The source, as this rank sees it.</param>
    /// <param name="rank">This rank.</param>
    /// <param name="ranks">How many there are.</param>
    /// <param name="folder">Where the files are; those that lack are made at their full length.</param>
    /// <param name="threads">Threads that write.</param>
    /// <exception cref="ArgumentException">The layout has files that no rank alone can finish (encoded ones, checksums of what several hold).</exception>
    public HeldWriter(CopyPlan plan, ICheckpointReader reader, int rank, int ranks, string folder, int threads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        (_plan, _reader, _threads) = (plan, reader, threads);
        _files = new OutputFiles(folder, plan.Layout.Files);
        var whole = plan.Layout.Files.Select(static file => new bool[file.Data.Count]).ToArray();
        for (var p = 0; p < plan.Pieces.Count; p++) { Deal(p, rank, whole); }
        var number = 0;
        for (var f = 0; f < plan.Layout.Files.Count; f++)
        {
            var file = plan.Layout.Files[f];
            if (file.Encode is not null) { throw new ArgumentException($"{file.Path} is encoded as a whole", nameof(plan)); }
            foreach (var frame in file.Frames)
            {
                if (frame.MakeOfAll is not null) { throw new ArgumentException($"{file.Path}: the frame at {frame.Offset} needs every checksum", nameof(plan)); }
                if (frame.Data < 0 && number++ % ranks == rank) { _frames.Add((f, frame)); }
            }
        }
    }

    /// <summary>Writes what this rank is to write of one box of the source; nothing where that is another's, or the box is written together with others.</summary>
    /// <param name="tensor">Index of the source tensor.</param>
    /// <param name="box">Index of its box.</param>
    public void Write(int tensor, int box)
    {
        if (_jobs.Remove((tensor, box), out var jobs)) { Run(jobs); }
    }

    /// <summary>Writes all that this rank has not written yet, frames without checksums included, and makes what it wrote durable.</summary>
    public void Finish()
    {
        Run([.. _jobs.Values.SelectMany(static jobs => jobs), .. _joint]);
        _jobs.Clear();
        _joint.Clear();
        foreach (var (file, frame) in _frames) { WriteFrame(file, frame, 0); }
        foreach (var file in _used.Order()) { _files.Flush(file, file + 1); }
    }

    public void Dispose() => _files.Dispose();

    /// <summary>What of a range this rank is to write.</summary>
    void Deal(int number, int rank, bool[][] whole)
    {
        var piece = _plan.Pieces[number];
        var owner = piece.Copies.Count == 0 ? 0 : OwnerOf(piece.Copies[0]);
        var isOne = piece.Copies.All(copy => OwnerOf(copy) == owner);
        whole[piece.File][piece.Range] = isOne;
        if (!isOne)
        {
            var frames = _plan.Layout.Files[piece.File].Frames;
            if (frames.Any(frame => frame.Data == piece.Range)) { throw new ArgumentException($"{_plan.Layout.Files[piece.File].Path}: a checksum of range {piece.Range}, which several ranks hold", nameof(number)); }
            for (var c = 0; c < piece.Copies.Count; c++)
            {
                if (OwnerOf(piece.Copies[c]) == rank) { Add(piece.Copies[c], new Job(number, c)); }
            }
            return;
        }
        if (owner != rank) { return; }
        if (piece.Copies.Count > 0 && piece.Copies.All(copy => (copy.SourceTensor, copy.SourceBox) == (piece.Copies[0].SourceTensor, piece.Copies[0].SourceBox))) { Add(piece.Copies[0], new Job(number, AllOfIt)); }
        else { _joint.Add(new Job(number, AllOfIt)); }
    }

    int OwnerOf(RegionCopy copy) => _plan.Source[copy.SourceTensor].Boxes[copy.SourceBox].File;

    void Add(RegionCopy copy, Job job)
    {
        if (!_jobs.TryGetValue((copy.SourceTensor, copy.SourceBox), out var list)) { _jobs.Add((copy.SourceTensor, copy.SourceBox), list = []); }
        list.Add(job);
    }

    void Run(IReadOnlyList<Job> jobs)
    {
        if (jobs.Count == 0) { return; }
        foreach (var job in jobs) { _used.Add(_plan.Pieces[job.Piece].File); }
        var count = Math.Min(_threads, jobs.Count);
        if (_assemblers.Length < count) { Array.Resize(ref _assemblers, count); }
        var (next, thread) = (-1, -1);
        WorkerThreads.Run(count, Work, () => Interlocked.Exchange(ref next, jobs.Count));

        void Work()
        {
            var assembler = _assemblers[Interlocked.Increment(ref thread)] ??= new BlockAssembler(_reader, BlockBytes);
            var buffer = new byte[BlockBytes];
            while (Interlocked.Increment(ref next) is var number && number < jobs.Count)
            {
                if (jobs[number].Copy == AllOfIt) { WriteRange(assembler, jobs[number].Piece, buffer); }
                else { WriteStretches(assembler, jobs[number], buffer); }
            }
        }
    }

    /// <summary>A range from its first byte to its last, and the frames that hold its checksum.</summary>
    void WriteRange(BlockAssembler assembler, int number, byte[] buffer)
    {
        var piece = _plan.Pieces[number];
        var file = _plan.Layout.Files[piece.File];
        var range = file.Data[piece.Range];
        var dtype = _plan.Layout.Tensors[range.Tensor].DType;
        using var output = _files.Open(piece.File);
        var crc = Crc32.Empty;
        for (var start = 0L; start < range.Length; start += buffer.Length)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, range.Length - start));
            assembler.Fill(_plan, piece, dtype, start, part);
            crc = Crc32.Append(crc, part);
            RandomAccess.Write(output.Handle, part, range.Offset + start);
        }
        for (var i = FirstFrameOf(file, piece.Range); i < file.Frames.Count && file.Frames[i].Data <= piece.Range; i++)
        {
            if (file.Frames[i].Data == piece.Range) { WriteFrame(piece.File, file.Frames[i], crc); }
        }
    }

    /// <summary>Frames of ranges stand in the order of ranges, with others between.</summary>
    static int FirstFrameOf(FileLayout file, int range)
    {
        var (low, high) = (0, file.Frames.Count);
        var offset = file.Data[range].Offset;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (file.Frames[middle].Offset < offset) { low = middle + 1; } else { high = middle; }
        }
        // A frame before its data would stand in front of this one.
        while (low > 0 && file.Frames[low - 1].Data >= range) { low--; }
        return low;
    }

    /// <summary>The elements of one copy, run by run; what lies between them is other ranks'.</summary>
    void WriteStretches(BlockAssembler assembler, Job job, byte[] buffer)
    {
        var piece = _plan.Pieces[job.Piece];
        var range = _plan.Layout.Files[piece.File].Data[piece.Range];
        var dtype = _plan.Layout.Tensors[range.Tensor].DType;
        var copy = piece.Copies[job.Copy];
        var alone = new Piece(piece.File, piece.Range, [copy], 0);
        var (run, outer) = (1L, copy.Extents.Length);
        while (outer > 0 && copy.TargetStrides[outer - 1] == run) { run *= copy.Extents[--outer]; }
        var size = dtype.ByteSize();
        var block = buffer.Length / size;
        var at = new long[outer];
        using var output = _files.Open(piece.File);
        while (true)
        {
            var place = copy.TargetStart;
            for (var axis = 0; axis < outer; axis++) { place += at[axis] * copy.TargetStrides[axis]; }
            for (var done = 0L; done < run; done += block)
            {
                var part = buffer.AsSpan(0, (int)Math.Min(block, run - done) * size);
                assembler.Fill(_plan, alone, dtype, (place + done) * size, part);
                RandomAccess.Write(output.Handle, part, range.Offset + ((place + done) * size));
            }
            var next = outer - 1;
            for (; next >= 0 && ++at[next] == copy.Extents[next]; next--) { at[next] = 0; }
            if (next < 0) { return; }
        }
    }

    void WriteFrame(int file, Frame frame, uint crc)
    {
        var bytes = frame.Make(crc);
        if (bytes.Length != frame.Length) { throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{_plan.Layout.Files[file].Path}: a frame of {bytes.Length} bytes for {frame.Length} at {frame.Offset}")); }
        using var output = _files.Open(file);
        RandomAccess.Write(output.Handle, bytes, frame.Offset);
        lock (_used) { _used.Add(file); }
    }

    /// <summary>A piece of the plan, all of it or one of its copies.</summary>
    readonly record struct Job(int Piece, int Copy);
}
