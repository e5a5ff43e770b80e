namespace Ckpt.Models.Bridge;

/// <summary>How a model is meant to be split, as given on a command line.</summary>
public sealed record ParallelSizes
{
    /// <summary>Tensor parallel size.</summary>
    public int Tensor { get; init; } = 1;

    /// <summary>Pipeline parallel size.</summary>
    public int Pipeline { get; init; } = 1;

    /// <summary>Chunks of layers a pipeline stage holds (virtual pipeline).</summary>
    public int VirtualPipeline { get; init; } = 1;

    /// <summary>Expert parallel size.</summary>
    public int Expert { get; init; } = 1;

    /// <summary>Tensor parallel size inside experts; null: that of the rest.</summary>
    public int? ExpertTensor { get; init; }

    /// <summary>Context parallel size.</summary>
    public int Context { get; init; } = 1;

    /// <summary>Layers of the first pipeline stage, where it is not to have as many as the others.</summary>
    public int? FirstStageLayers { get; init; }

    /// <summary>Layers of the last pipeline stage, where it is not to have as many as the others.</summary>
    public int? LastStageLayers { get; init; }

    /// <summary>Processes there are, or null where that does not matter.</summary>
    public int? World { get; init; }
}
