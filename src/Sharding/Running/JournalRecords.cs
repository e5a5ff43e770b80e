using System.Globalization;

namespace Ckpt.Sharding.Running;

/// <summary>What one journal says.</summary>
/// <param name="Done">The blocks recorded as written, with the CRCs of their ranges.</param>
/// <param name="IsFlushed">Whether all of them are said to be on the disk for good.</param>
sealed record JournalRecords(IReadOnlyDictionary<int, uint[]> Done, bool IsFlushed)
{
    /// <summary>Whether a process is at work with it.</summary>
    internal bool IsHeld { get; init; }

    /// <summary>Reads the lines behind the first, each whole and checked.</summary>
    internal static JournalRecords Of(List<string> lines)
    {
        var done = new Dictionary<int, uint[]>();
        foreach (var line in lines.Skip(1))
        {
            if (line == "end") { continue; }
            var parts = line.Split(' ');
            var crcs = new uint[parts.Length - 1];
            for (var i = 0; i < crcs.Length; i++) { crcs[i] = uint.Parse(parts[i + 1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture); }
            done[int.Parse(parts[0], CultureInfo.InvariantCulture)] = crcs;
        }
        return new JournalRecords(done, lines is [_, .., "end"]);
    }
}
