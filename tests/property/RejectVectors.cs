using Ckpt.Kit;

namespace Ckpt.PropertyTests;

/// <summary>A file or folder that must be refused: <c>spec/vectors/&lt;format&gt;/reject/&lt;clause&gt;_&lt;words&gt;</c>.</summary>
sealed record RejectVector(string Format, string Name, string Path)
{
    internal string Clause => Name.Split('_')[0];
}

static class RejectVectors
{
    internal static IEnumerable<RejectVector> All() =>
        from format in Directory.EnumerateDirectories(Repository.Vector()).Order(StringComparer.Ordinal)
        let reject = Path.Combine(format, "reject")
        where Directory.Exists(reject)
        from entry in Directory.EnumerateFileSystemEntries(reject).Order(StringComparer.Ordinal)
        select new RejectVector(Path.GetFileName(format), Path.GetFileName(entry), entry);
}
