using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Models.Families;
using Ckpt.Sharding.Maps;
using FsCheck;
using FsCheck.Fluent;

namespace Ckpt.PropertyTests.Models;

/// <summary>A small model of a family, and a way its two sides are named.</summary>
sealed record ModelCase(ModelFamily Family, ModelConfig Config, BridgeOptions Options)
{
    internal TensorMap Compile() => BridgeCompiler.Compile(Family, Config, Options);

    public override string ToString() => $"{Family.Name} {Config} {string.Join(", ", Options.Choices)} {Options.KeyForm} {Options.HfPrefix} {Options.PaddedVocab}";
}

/// <summary>Small models of all families.</summary>
static class ModelCases
{
    /// <summary>Models of any family, with any options that go together.</summary>
    internal static Gen<ModelCase> All { get; } = Of(FamilyCatalog.All);

    internal static Gen<ModelCase> Of(IReadOnlyList<ModelFamily> families) =>
        from family in Gen.Elements(families.ToArray())
        from layers in Gen.Choose(1, 3)
        from groups in Gen.Choose(1, 3)
        from share in Gen.Choose(1, 3)
        from sizes in Gen.ArrayOf(Gen.Choose(1, 5), 7)
        from inner in Gen.ArrayOf(Gen.Choose(1, 3), 6)
        from flags in Gen.ArrayOf(Gen.Elements(true, false), 9)
        from linear in Gen.ArrayOf(Gen.Elements(true, false), 3)
        from mtp in Gen.Choose(0, 2)
        from padding in Gen.Choose(0, 3)
        from form in Gen.Elements(KeyForm.Automatic, KeyForm.PerLayer)
        from options in Gen.ArrayOf(Gen.Choose(0, 59), 16)
        from prefix in Gen.Elements("model.", "")
        let moe = family.Config.Moe is not null
        select new ModelCase(family, new ModelConfig
        {
            ModelType = family.Name,
            Layers = layers,
            Hidden = sizes[0],
            Heads = groups * share,
            KvGroups = family.Config.IsMla ? groups * share : groups,
            HeadDim = sizes[1],
            Ffn = sizes[2],
            VocabSize = sizes[3],
            Experts = moe ? sizes[4] : 0,
            TopK = moe ? 1 : 0,
            MoeFfn = moe ? sizes[5] : 0,
            SharedFfn = moe && flags[6] ? sizes[6] : 0,
            MlpOnlyLayers = flags[0] && family.Rows.Any(row => row.When.HasFlag(When.DenseLayer)) ? new HashSet<int> { 0 } : new HashSet<int>(),
            TieWordEmbeddings = flags[1],
            AttentionBias = flags[2],
            OutputBias = flags[3],
            MlpBias = flags[4],
            QkNorm = flags[5],
            HeadBias = flags[7],
            Mla = family.Config.IsMla ? new MlaConfig(flags[8] ? inner[0] : null, inner[1], inner[2], inner[3], inner[4]) : null,
            DeltaNet = family.Config.HasDeltaNets
                ? new DeltaNetConfig(inner[0], inner[0] * inner[1], inner[2], inner[3], inner[4], linear.Index().Where(layer => layer.Item && layer.Index < layers).Select(layer => layer.Index).ToHashSet())
                : null,
            MtpLayers = family.HasMtp ? Math.Min(mtp, family.MostMtpLayers) : null,
        }, new BridgeOptions
        {
            PaddedVocab = sizes[3] + padding,
            KeyForm = form,
            HfPrefix = family.Namings.Count == 0 ? prefix : null,
            Choices = Choices(family, options),
        });

    static Dictionary<string, string> Choices(ModelFamily family, int[] numbers)
    {
        var chosen = new Dictionary<string, string>();
        foreach (var (index, choice) in family.Choices.Index())
        {
            var possible = choice.Options.Where(option => !choice.Needs.TryGetValue(option, out var needs) || needs.Any(need => chosen[need.Choice] == need.Option)).ToArray();
            chosen.Add(choice.Name, possible[numbers[index] % possible.Length]);
        }
        if (family.Namings.Count > 0) { chosen.Add("hf names", family.Namings[numbers[^1] % family.Namings.Count].Name); }
        return chosen;
    }
}
