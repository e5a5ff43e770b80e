namespace Ckpt.Kit;

/// <summary>Vectors written as hex digits, so that a hostile file can be read in a review; lines that start with '#' are comments.</summary>
public static class HexFile
{
    /// <summary>The bytes a <c>.hex</c> file stands for.</summary>
    public static byte[] Read(string path) =>
        Convert.FromHexString(string.Concat(File.ReadLines(path).Where(line => !line.StartsWith('#')).Select(line => line.Trim())));
}
