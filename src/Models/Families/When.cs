namespace Ckpt.Models.Families;

/// <summary>What must be so in a model's config, or of one of its layers, for a row to count. All flags named must hold.</summary>
[Flags]
public enum When
{
    /// <summary>The row always counts.</summary>
    Always = 0,

    /// <summary>Query, key and value projections have biases.</summary>
    AttentionBias = 1,

    /// <summary>The attention's output projection has a bias.</summary>
    OutputBias = 2,

    /// <summary>Dense feed-forward projections have biases.</summary>
    MlpBias = 4,

    /// <summary>Queries and keys are normalised.</summary>
    QkNorm = 8,

    /// <summary>There is an output layer, and it is not the embedding.</summary>
    Head = 16,

    /// <summary>In layers with experts.</summary>
    MoeLayer = 32,

    /// <summary>In layers without experts.</summary>
    DenseLayer = 64,

    /// <summary>Queries of multi-latent attention go through a latent of their own.</summary>
    QueryLora = 1 << 7,

    /// <summary>Queries of multi-latent attention are projected at once.</summary>
    DirectQuery = 1 << 8,

    /// <summary>In layers of full attention.</summary>
    FullAttention = 1 << 9,

    /// <summary>In layers of linear attention.</summary>
    LinearAttention = 1 << 10,

    /// <summary>There are layers that predict further tokens.</summary>
    Mtp = 1 << 11,

    /// <summary>There are experts that every token goes to.</summary>
    SharedExperts = 1 << 16,

    /// <summary>The output layer has a bias, whether its weight is the embedding or not.</summary>
    HeadBias = 1 << 17,
}
