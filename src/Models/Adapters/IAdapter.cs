using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Adapters;

/// <summary>An adapter opened from one of its formats.</summary>
public interface IAdapter : IDisposable
{
    /// <summary>The folder it was opened from.</summary>
    string Path { get; }

    /// <summary>Its checkpoint, for what identifies a source.</summary>
    ICheckpointReader Reader { get; }

    /// <summary>Reads its names as changes of a model.</summary>
    /// <param name="model">The model's Hugging Face tensors.</param>
    /// <exception cref="Formats.CheckpointException">It does not fit the model, or does not do what its config says.</exception>
    LogicalAdapter Resolve(AdapterModel model);
}
