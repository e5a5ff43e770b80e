using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using Ckpt.Formats;
using Ckpt.Formats.Torch;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>What the <c>args</c> in a legacy file say of the layout it was written under, in the words of all eras. Absent is null.</summary>
sealed class LegacyArgs
{
    /// <summary>Far more heads or experts than any model has.</summary>
    internal const int Most = 1 << 16;

    readonly ArgsReader _args;

    internal LegacyArgs(PickleDict shared, string where)
    {
        _args = new ArgsReader(shared, where);
        Where = where;
        Exists = shared.Find("args") is not (null or PickleNone);
        Version = shared.Find("checkpoint_version") switch
        {
            PickleFloat real => real.Value,
            PickleInt integer when integer.Value >= 0 && integer.Value < 1000 => (double)integer.Value,
            // Megatron-LM: a checkpoint that does not say is of version 0.
            null or PickleNone => null,
            _ => Throw.Version<double?>(where),
        };
    }

    internal string Where { get; }

    /// <summary>Whether there are any.</summary>
    internal bool Exists { get; }

    /// <summary>The version of the format: 0, 1, 2 or 3; it tells the order of query, key and value rows.</summary>
    internal double? Version { get; }

    internal int? Tensor => Int("tensor_model_parallel_size") ?? Int("model_parallel_size");

    internal int? Pipeline => Int("pipeline_model_parallel_size");

    internal int? Expert => Int("expert_model_parallel_size");

    internal int? ExpertTensor => Int("expert_tensor_parallel_size");

    internal bool ExpertsOverTensor => _args.Flag("moe_tp_extend_ep") == true;

    internal int? Layers => Int("num_layers");

    internal int? Heads => Int("num_attention_heads") is { } heads && heads > Most ? Throw.Many(Where, "num_attention_heads", heads) : Int("num_attention_heads");

    internal int? Experts => Int("num_experts") ?? Int("num_moe_experts");

    internal int? MtpLayers => Int("mtp_num_layers");

    internal bool? Tied => _args.Flag("untie_embeddings_and_output_weights") is { } untied ? !untied : null;

    /// <summary><c>local</c> or <c>transformer_engine</c>.</summary>
    internal string? Implementation => _args.Find("transformer_impl") is PickleString text ? text.Value : null;

    /// <summary>Whether feed-forward layers have gate and up rows, where shapes do not say.</summary>
    internal bool IsGated => _args.Flag("swiglu") ?? _args.Flag("gated_linear_unit") ?? true;

    /// <summary>Whether the output layer is a classifier (Megatron-SWIFT).</summary>
    internal bool IsClassifier => _args.Find("task_type") is PickleString { Value: "seq_cls" };

    /// <summary>
    /// Rows of the parts of <c>in_proj</c> and <c>conv1d</c>, each shared by tensor ranks apart: megatron-core `GatedDeltaNet` (query, key, value,
    /// z, beta, alpha) and `MambaMixer` (z, x, B, C, dt). Null where the arguments have not these sizes.
    /// </summary>
    internal (IReadOnlyList<long> In, IReadOnlyList<long> Conv)? LinearSections(bool mamba)
    {
        if (mamba)
        {
            if (Int("mamba_num_heads") is not { } all || Int("mamba_head_dim") is not { } dim || Int("mamba_num_groups") is not { } groups || Int("mamba_state_dim") is not { } state) { return null; }
            var (inner, shared) = ((long)all * dim, (long)groups * state);
            return inner > 0 && shared > 0 ? ([inner, inner, shared, shared, all], [inner, shared, shared]) : null;
        }
        if (Int("linear_num_key_heads") is not { } keyHeads || Int("linear_key_head_dim") is not { } keyDim
            || Int("linear_num_value_heads") is not { } valueHeads || Int("linear_value_head_dim") is not { } valueDim) { return null; }
        var (keys, values) = ((long)keyHeads * keyDim, (long)valueHeads * valueDim);
        return keys > 0 && values > 0 ? ([keys, keys, values, values, valueHeads, valueHeads], [keys, keys, values]) : null;
    }

    /// <summary>Whose experts a run with these arguments loads.</summary>
    internal LegacyExperts WrittenExperts => _args.Flag("moe_grouped_gemm") != true ? LegacyExperts.Sequential
        : _args.Flag("moe_use_legacy_grouped_gemm") == true || Implementation == "local" ? LegacyExperts.Grouped : LegacyExperts.TransformerEngineGrouped;

    internal int? Size(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Int(name) is { } value) { return value; }
        }
        return null;
    }

    /// <summary>Where layers are; of the sizes only the number of chunks is asked.</summary>
    internal StageOptions Stages(int chunks)
    {
        var pattern = Pattern();
        var dual = _args.Find("schedules_method") is PickleString { Value: "dualpipev" };
        return new StageOptions
        {
            FirstStageLayers = pattern is null ? Int("decoder_first_pipeline_num_layers") : null,
            LastStageLayers = pattern is null ? Int("decoder_last_pipeline_num_layers") : null,
            AccountForEmbedding = pattern is null && _args.Flag("account_for_embedding_in_pipeline_split") == true,
            AccountForLoss = pattern is null && _args.Flag("account_for_loss_in_pipeline_split") == true,
            Pattern = pattern,
            LayerList = chunks == 1 && Numbers("num_layer_list") is { Count: > 0 } list ? list : null,
            NoopLayers = Numbers("noop_layers") ?? [],
            DualPipe = dual,
            MtpLayers = MtpLayers ?? 0,
        };
    }

    /// <summary>The text that was given, a list of lists of names, or the object that Megatron makes of either and keeps in its args.</summary>
    StagePattern? Pattern()
    {
        var node = _args.Find("pipeline_model_parallel_layout");
        if (node is PickleObject made) { node = made.Attributes?.Find("input_data"); }
        if (node is PickleString text) { return StagePattern.Parse(text.Value); }
        if (node is not PickleList list) { return node is null or PickleNone ? null : Throw.Pattern(Where); }
        var stages = new List<IReadOnlyList<string>>();
        foreach (var stage in list.Items)
        {
            if (stage is not PickleList { Items: var items } || !items.TrueForAll(static item => item is PickleString)) { return Throw.Pattern(Where); }
            stages.Add([.. items.Select(static item => ((PickleString)item).Value)]);
        }
        return StagePattern.FromNames(stages);
    }

    int? Int(string name) => (int?)_args.Size(name);

    /// <summary>MindSpeed keeps such lists as text ("0,3"), as a list or as a set.</summary>
    List<int>? Numbers(string name)
    {
        var node = _args.Find(name);
        if (node is PickleObject { ClassName: "__builtin__.set" or "builtins.set", Args: PickleTuple { Items: [PickleList inner] } }) { node = inner; }
        IEnumerable<BigInteger>? numbers = node switch
        {
            PickleList list => list.Items.OfType<PickleInt>().Select(static item => item.Value),
            PickleTuple tuple => tuple.Items.OfType<PickleInt>().Select(static item => item.Value),
            PickleSet set => set.Items.OfType<PickleInt>().Select(static item => item.Value),
            PickleInt one => [one.Value],
            PickleString { Value.Length: > 0 and < 100_000 } text => text.Value.Split(',').Select(part =>
                (BigInteger)(int.TryParse(part.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : Throw.Numbers(Where, name))),
            _ => null,
        };
        return numbers?.Select(number => number >= 0 && number < int.MaxValue ? (int)number : Throw.Numbers(Where, name)).ToList();
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static T Version<T>(string where) => throw new MalformedCheckpointException(
            "LEG-3.1", where, "checkpoint_version is no number");

        [DoesNotReturn]
        internal static StagePattern Pattern(string where) => throw new MalformedCheckpointException(
            "LEG-3.1", where, "args.pipeline_model_parallel_layout is neither a text nor a list of lists of names");

        [DoesNotReturn]
        internal static int Many(string where, string name, int value) => throw new UnsupportedCheckpointException(
            "LEG-3.1", where, $"args.{name} is {value}, at most {Most} are handled");

        [DoesNotReturn]
        internal static int Numbers(string where, string name) => throw new MalformedCheckpointException(
            "LEG-3.1", where, $"args.{name} is no list of numbers");
    }
}
