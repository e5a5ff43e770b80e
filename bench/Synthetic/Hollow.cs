using Ckpt.Formats.Tensors;

namespace Ckpt.Bench;

/// <summary>Writes a layout's frames and closing files, and holes where data would be.</summary>
static class Hollow
{
    internal static void Write(CheckpointLayout layout, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in layout.Files)
        {
            using var handle = File.OpenHandle(Path.Combine(folder, file.Path), FileMode.Create, FileAccess.ReadWrite);
            RandomAccess.SetLength(handle, file.Length);
            foreach (var frame in file.Frames) { RandomAccess.Write(handle, frame.Make(0), frame.Offset); }
        }
        foreach (var file in layout.Closing) { File.WriteAllBytes(Path.Combine(folder, file.Path), file.Bytes.ToArray()); }
    }
}
