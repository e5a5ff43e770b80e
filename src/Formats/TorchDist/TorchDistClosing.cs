using System.Text;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Formats.TorchDist;

/// <summary>The small files that end a checkpoint: the index before metadata.json, whose presence says that the folder is complete, and the tracker last (TDC-4.4).</summary>
static class TorchDistClosing
{
    static readonly byte[] s_longConfig = Encoding.ASCII.GetBytes(
        """{"sharded_backend": "torch_dist", "sharded_backend_version": 1, "common_backend": "torch", "common_backend_version": 1}""");

    static readonly byte[] s_shortConfig = Encoding.ASCII.GetBytes("""{"sharded_backend": "torch_dist", "sharded_backend_version": 1}""");

    internal static List<SmallFile> Files(TorchDistWriterOptions options, byte[] index)
    {
        var closing = new List<SmallFile>();
        if (options.Form == TorchDistForm.Minimal)
        {
            closing.Add(new(InFolder(options, TorchDistFolder.Common), TorchSave.ToBytes(options.Common, "common", options.CommonStorages)));
        }
        closing.Add(new(InFolder(options, TorchDistFolder.Metadata), index));
        closing.Add(new(InFolder(options, TorchDistConfig.FileName), options.Form == TorchDistForm.Minimal ? s_longConfig : s_shortConfig));
        if (TorchDistFolder.TrackerOf(options.Folder) is { } tracker) { closing.Add(new(TorchDistFolder.Tracker, Encoding.ASCII.GetBytes(tracker))); }
        return closing;
    }

    internal static string InFolder(TorchDistWriterOptions options, string name) => options.Folder.Length == 0 ? name : $"{options.Folder}/{name}";
}
