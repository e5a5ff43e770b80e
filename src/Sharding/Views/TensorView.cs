using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Views;

/// <summary>A tensor that is not stored as it is seen: made of other tensors' bytes when it is read. Members may be called from several threads at once.</summary>
public abstract class TensorView
{
    /// <summary>The tensor as it is seen. What its boxes say of files is where most of what it is made of lies.</summary>
    public abstract TensorInfo Info { get; }

    /// <summary>Bytes of memory the view holds besides, whoever reads it (tables, small factors).</summary>
    public virtual long HeldBytes => 0;

    /// <summary>As <see cref="ICheckpointReader.Locate"/>; the byte source may compute what is asked.</summary>
    public abstract BoxPayload Locate(int box);
}
