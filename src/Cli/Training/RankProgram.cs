namespace Ckpt.Cli.Training;

/// <summary>What a rank runs.</summary>
/// <param name="File">The program.</param>
/// <param name="Arguments">Its arguments.</param>
sealed record RankProgram(string File, IReadOnlyList<string> Arguments)
{
    /// <summary>This process's own command line.</summary>
    internal static RankProgram Own()
    {
        var words = Environment.GetCommandLineArgs();
        var host = Environment.ProcessPath ?? throw new InvalidOperationException("the program's own path is not known");
        // Where the host runs an assembly, that is the first word; else the first word is the program itself.
        var isHosted = words[0].EndsWith(".dll", StringComparison.OrdinalIgnoreCase) && !Path.GetFileNameWithoutExtension(host).Equals(Path.GetFileNameWithoutExtension(words[0]), StringComparison.Ordinal);
        return new RankProgram(host, isHosted ? words : words[1..]);
    }
}
