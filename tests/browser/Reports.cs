using Ckpt.Verify.Comparing;
using Ckpt.Verify.Doctoring;
using Ckpt.Verify.Reports;

namespace Ckpt.BrowserTests;

/// <summary>Reports as commands make them, written out by hand.</summary>
static class Reports
{
    internal const string Hostile = "</style><script>document.title='owned'</script><img src=x onerror=alert(1)>";

    static readonly string[] s_modules =
    [
        "input_layernorm.weight", "self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight", "self_attn.o_proj.weight", "post_attention_layernorm.weight",
        "mlp.gate_proj.weight", "mlp.up_proj.weight", "mlp.down_proj.weight",
    ];

    internal static VerificationReport Of(string kind) => kind switch
    {
        "same" => Same(36),
        "deep" => Same(126),
        "different" => Different(),
        _ => Broken(),
    };

    static VerificationReport Same(int layers) => new()
    {
        Command = "ckpt diff",
        Version = "0.1.0",
        Verdict = ReportVerdict.Same,
        Headline = "bit-identical: 326 tensors, 16,381,470,720 bytes",
        Sides = Sides(),
        Weights = new WeightSection { Bytes = 16_381_470_720, Tensors = [.. Names(layers).Select(static name => Tensor(name, 0))] },
    };

    static VerificationReport Different() => new()
    {
        Command = "ckpt verify",
        Version = "0.1.0",
        Verdict = ReportVerdict.Different,
        Headline = "different: 31 tensors; 295 are bit-identical",
        Sides = Sides(),
        Weights = new WeightSection
        {
            Bytes = 16_381_470_720,
            Tensors = [.. Names(36).Select((name, i) => Tensor(name, name.Contains("o_proj", StringComparison.Ordinal) && i > 90 ? Math.Pow(10, -9 + (i / 40.0)) : 0)), Tensor(Hostile, 0.5)],
            OnlyInA = ["model.layers.2.self_attn.q_norm.weight"],
            OnlyInB = [.. Enumerable.Range(0, 40).Select(static i => $"model.layers.0.mlp.experts.{i}.a_rather_long_name_of_a_module_that_is_not_in_the_other.weight")],
        },
        Forward = new ForwardSection
        {
            IsWithin = false,
            Headline = "mean_diff 0.0213, max_diff 0.7841; 14 of 16 tokens agree",
            Input = "The quick brown fox jumps over the lazy dog. " + new string('x', 200),
            Figures =
            [
                new("token_mean_diff", 0.0213, "mean over tokens"), new("mean_diff", 0.0213, "mean distance of the logits"), new("max_diff", 0.7841, "largest distance"),
                new("cosine", 0.99871, "of the logits"), new("kl", 0.0031, "divergence, nats"), new("argmax", 0.875, "share of tokens that agree"),
            ],
            Layers = [.. Enumerable.Range(0, 36).Select(static i => new ReportedLayer($"model.layers.{i}", $"decoder.layers.{i}", i < 10 ? 0 : Math.Pow(10, -8 + (i / 5.0)), 1))],
            FirstParting = 10,
            Tokens = [.. Enumerable.Range(0, 16).Select(static i => new ReportedToken(i, $"tok{i}", i is 5 or 9 ? "other" : $"tok{i}", i / 100.0))],
        },
        Notes = ["the names differ: compared under Hugging Face's, weights only", Hostile],
    };

    static VerificationReport Broken() => new()
    {
        Command = "ckpt doctor",
        Version = "0.1.0",
        Verdict = ReportVerdict.Broken,
        Headline = "1 broken, 1 to look at, 1 to know",
        Sides = [Sides()[0]],
        Findings =
        [
            new(Severity.Broken, "/data/models/Qwen3-8B/model-00003-of-00005.safetensors", "header ends at byte 24, the file at byte 10", "copy or download it again"),
            new(Severity.Warning, "model.layers.3.mlp.up_proj.weight", "all its elements are zero", "make sure that it was written at all"),
            new(Severity.Note, "lm_head.weight", "holds the same as model.embed_tokens.weight", "nothing where they are tied"),
        ],
    };

    static ReportedSide[] Sides() =>
    [
        new("A", "/data/models/hub/models--Qwen--Qwen3-8B/snapshots/b968826d9c46dd6066d109eabc6255188de91218", "safetensors", 326, 16_381_470_720),
        new("B", "/data/checkpoints/Qwen3-8B-mcore/iter_0000001", "torch_dist", 211, 16_381_470_720),
    ];

    static IEnumerable<string> Names(int layers) =>
        [.. Enumerable.Range(0, layers).SelectMany(static layer => s_modules.Select(module => $"model.layers.{layer}.{module}")), "model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"];

    static ReportedTensor Tensor(string name, double meanDiff) => new()
    {
        Name = name,
        FormA = "bfloat16 [4096, 4096]",
        FormB = "bfloat16 [4096, 4096]",
        Elements = 1 << 24,
        State = meanDiff == 0 ? TensorState.Same : TensorState.Different,
        Different = meanDiff == 0 ? 0 : 1 << 20,
        Cause = meanDiff > 0.1 ? "2 blocks of 128 rows (heads) are permuted: block 0 of B is block 1 of A" : null,
        Statistics = meanDiff == 0 ? null : new DifferenceStatistics { Elements = 1 << 24, Different = 1 << 20, MeanDiff = meanDiff, MaxDiff = 40 * meanDiff, RelativeL2 = 0.013, Cosine = 0.999912, Steps = [15_000_000, 900_000, 70_000, 4_000, 12, 0, 1] },
        Worst = meanDiff == 0 ? [] : [new ReportedElement($"{name}[17, 4001]", $"decoder.layers.{name}[3, 17, 4001]", 0.25, -0.25)],
    };
}
