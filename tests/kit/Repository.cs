using System.Reflection;

namespace Ckpt.Kit;

/// <summary>Where the tests find the repository's files.</summary>
public static class Repository
{
    /// <summary>The repository's root folder.</summary>
    public static string Root { get; } = typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepositoryRoot").Value!;

    /// <summary>A path below <c>spec/vectors</c>.</summary>
    public static string Vector(params string[] parts) => Path.Combine([Root, "spec", "vectors", .. parts]);
}
