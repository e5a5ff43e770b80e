using Ckpt.Formats.Torch;
using Ckpt.Models.Configs;
using static Ckpt.Models.Megatron.PickleValues;

namespace Ckpt.Models.Megatron;

/// <summary>
/// The common state that Megatron keeps beside the tensors: the run's arguments, the version, the iteration. Holds plain values and an
/// <c>argparse.Namespace</c> only, which Megatron's loaders since 0.18 accept without trusting the file.
/// </summary>
public static class MegatronCommonState
{
    /// <summary>The common state of a model without optimizer, as Megatron-SWIFT's export writes it.</summary>
    public static PickleDict Build(HfConfig config, MegatronArgsOptions options) => new PickleDict()
        .Add("args", Namespace(MegatronArgs.Build(config, options)))
        .Add("checkpoint_version", Of(3.0))
        .Add("iteration", Of(options.Iteration))
        .Add("content_metadata", new PickleDict().Add("singleton_local_shards", Of(false)).Add("chained_optim_avoid_prefix", Of(true)));

    static PickleObject Namespace(PickleDict attributes)
    {
        var made = new PickleObject(PickleConstruction.NewObject, new PickleGlobal("argparse", "Namespace"), PickleTuple.Empty);
        made.States.Add(attributes);
        return made;
    }
}
