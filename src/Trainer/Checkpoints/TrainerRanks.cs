using Ckpt.Sharding.Layouts;

namespace Ckpt.Trainer.Checkpoints;

/// <summary>The processes of a run, and which of them this is.</summary>
public sealed record TrainerRanks
{
    /// <summary>Ranks that split tensors, and ranks that split data; numbered tensor-parallel first.</summary>
    /// <param name="tensor">The tensor parallel size.</param>
    /// <param name="data">The data parallel size.</param>
    /// <param name="exchange">How they talk.</param>
    /// <param name="expertTensor">Ranks that split one expert; null: as many as split tensors.</param>
    public TrainerRanks(int tensor, int data, IRankExchange exchange, int? expertTensor = null)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(exchange.Size, tensor * data, nameof(exchange));
        Sizes = new ParallelSizes { Tensor = tensor, Data = data, World = tensor * data, ExpertTensor = expertTensor };
        Exchange = exchange;
    }

    /// <summary>The sizes.</summary>
    public ParallelSizes Sizes { get; }

    /// <summary>How the processes talk.</summary>
    public IRankExchange Exchange { get; }

    /// <summary>This process.</summary>
    public int Rank => Exchange.Rank;

    /// <summary>How many there are.</summary>
    public int World => Exchange.Size;

    /// <summary>Its tensor parallel rank.</summary>
    public int TensorRank => Rank % Sizes.Tensor;

    /// <summary>Its data parallel rank.</summary>
    public int DataRank => Rank / Sizes.Tensor;

    /// <summary>A run of one process.</summary>
    public static TrainerRanks Alone => new(1, 1, new LoneExchange());
}
