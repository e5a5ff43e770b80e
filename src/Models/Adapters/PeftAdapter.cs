using Ckpt.Formats;
using Ckpt.Formats.Peft;
using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Adapters;

/// <summary>An adapter in PEFT's format.</summary>
public sealed class PeftAdapter : IAdapter
{
    readonly PeftFolder _folder;
    readonly IReadOnlyList<(PeftKey Key, TensorInfo Tensor)> _tensors;

    PeftAdapter(PeftFolder folder, IReadOnlyList<(PeftKey Key, TensorInfo Tensor)> tensors) => (_folder, _tensors) = (folder, tensors);

    /// <summary>Opens a folder that PEFT's <c>save_pretrained</c> wrote.</summary>
    /// <exception cref="CheckpointException">It breaks a clause of ADP part 1.</exception>
    public static PeftAdapter Open(string path)
    {
        var folder = PeftFolder.Open(path);
        try { return new PeftAdapter(folder, PeftTensors.Parse(folder.Reader.Tensors, folder.Path)); }
        catch (CheckpointException) { folder.Dispose(); throw; }
    }

    public string Path => _folder.Path;

    public ICheckpointReader Reader => _folder.Reader;

    /// <summary>What its config says.</summary>
    public PeftConfig Config => _folder.Config;

    public LogicalAdapter Resolve(AdapterModel model) => new PeftResolver(_folder.Config, _folder.Reader, _tensors, _folder.Path).Resolve(model);

    public void Dispose() => _folder.Dispose();
}
