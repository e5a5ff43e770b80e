namespace Ckpt.Models.Quantisation;

/// <summary>What the <c>quantization_config</c> of a config.json says.</summary>
/// <param name="Where">The name used in messages.</param>
/// <param name="Method">The method.</param>
/// <param name="Ignored">Modules that are not quantised, by name, ending or pattern.</param>
public sealed record QuantConfig(string Where, QuantMethod Method, IReadOnlyList<string> Ignored)
{
    /// <summary>Rows and columns of a block, or null where the config says that a tensor has one scale, or nothing.</summary>
    public (long Rows, long Columns)? Block { get; init; }

    /// <summary>Whether the config says anything about blocks, if only that there are none.</summary>
    public bool SaysBlock { get; init; }

    /// <summary>Whether scales are powers of two (<c>scale_fmt: ue8m0</c>).</summary>
    public bool HasPowerOfTwoScales { get; init; }

    /// <summary><c>e4m3</c> or <c>e5m2</c>, where the config says which.</summary>
    public string? CodeFormat { get; init; }

    /// <summary>The groups of compressed-tensors; of other methods none.</summary>
    public IReadOnlyList<QuantGroup> Groups { get; init; } = [];

    /// <summary>The method as config.json calls it.</summary>
    public string MethodName => Method switch
    {
        QuantMethod.Float8 => "fp8",
        QuantMethod.MxFloat8 => "mxfp8",
        QuantMethod.RowFloat8 => "fbgemm_fp8",
        QuantMethod.MxFloat4 => "mxfp4",
        _ => "compressed-tensors",
    };

    /// <summary>Reads the part of a config.json that is about quantisation; null where there is none.</summary>
    /// <exception cref="Formats.MalformedCheckpointException">QNT-1.1: a value that is missing, of the wrong type or out of range.</exception>
    /// <exception cref="Formats.UnsupportedCheckpointException">QNT-1.2: a method that is not read.</exception>
    public static QuantConfig? Of(Configs.HfConfig config) => QuantConfigParser.Parse(config);
}
