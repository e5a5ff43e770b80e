namespace Ckpt.Verify.Doctoring;

/// <summary>Makes repairs, and keeps what was there before.</summary>
public static class RepairRunner
{
    /// <summary>Repairs one file; what was there stays beside it as <c>.bak</c>, or the header's bytes as <c>.header.bak</c> (VFY-3.3).</summary>
    public static void Run(Repair repair)
    {
        if (repair.HeaderOnly) { Header(repair); return; }
        var fresh = repair.Path + ".new";
        Write(fresh, repair.Bytes.Span);
        if (File.Exists(repair.Path)) { File.Copy(repair.Path, Unused(repair.Path + ".bak")); }
        File.Move(fresh, repair.Path, overwrite: true);
    }

    static void Header(Repair repair)
    {
        using var file = File.OpenHandle(repair.Path, FileMode.Open, FileAccess.ReadWrite);
        var before = new byte[repair.Bytes.Length];
        var read = 0;
        while (read < before.Length && RandomAccess.Read(file, before.AsSpan(read), read) is > 0 and var more) { read += more; }
        if (read != before.Length) { throw new EndOfStreamException($"{repair.Path}: {read} bytes, its header had {before.Length}"); }
        Write(Unused(repair.Path + ".header.bak"), before);
        RandomAccess.Write(file, repair.Bytes.Span, 0);
        RandomAccess.FlushToDisk(file);
    }

    static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        RandomAccess.Write(file, bytes, 0);
        RandomAccess.FlushToDisk(file);
    }

    static string Unused(string path)
    {
        var free = path;
        for (var number = 2; File.Exists(free); number++) { free = $"{path}{number}"; }
        return free;
    }
}
