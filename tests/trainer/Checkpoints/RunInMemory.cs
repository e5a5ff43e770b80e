using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Megatron.State;
using Ckpt.Trainer.Checkpoints;

namespace Ckpt.TrainerTests.Checkpoints;

/// <summary>One rank's parameters and optimizer states, as arrays: a run without its training.</summary>
sealed class RunInMemory : IOptimizerTensors
{
    readonly Dictionary<string, (TensorInfo Info, byte[] Bytes)> _parameters = new(StringComparer.Ordinal);
    readonly Dictionary<(string, string), byte[]> _states = [];

    public IReadOnlyList<ParamGroupState> Groups { get; set; } = [new ParamGroupState { Lr = 1e-4, Step = 7, WeightDecay = 0.1 }, new ParamGroupState { Lr = 1e-4, Step = 7, WeightDecayFactor = 0 }];

    public IReadOnlyList<string> Kinds => ["param", "exp_avg", "exp_avg_sq"];

    internal IEnumerable<string> Names => _parameters.Keys;

    internal byte[] this[string name] => _parameters[name].Bytes;

    internal byte[] State(string name, string kind) => _states[(name, kind)];

    public IByteSource Gather(string parameter, string kind) => new MemoryByteSource(parameter, _states[(parameter, kind)]);

    /// <summary>Loads all of a rank's parameters, an adapter's too.</summary>
    internal static RunInMemory Load(ModelSource source)
    {
        var run = new RunInMemory();
        foreach (var parameter in source.Parameters.Concat(source.Adapter?.Tensors ?? []))
        {
            var info = source.Find(parameter.Name)!;
            var bytes = new byte[info.ByteLength];
            source.Read(parameter.Name, 0, bytes);
            run._parameters.Add(parameter.Name, (info, bytes));
        }
        return run;
    }

    /// <summary>Adds a parameter of another's type and shape.</summary>
    internal void Add(string name, TensorInfo like, byte[] bytes) => _parameters.Add(name, (like with { Name = name }, bytes));

    /// <summary>Makes states of every trainable parameter: float32 numbers that follow from a function of state, tensor and bytes.</summary>
    internal RunInMemory WithStates(Func<string, string, byte[]> make, bool adaptersOnly = false)
    {
        foreach (var name in Names.Where(name => !adaptersOnly || AdapterSource.IsAdapter(name)))
        {
            foreach (var kind in Kinds) { _states.Add((name, kind), make(name, kind)); }
        }
        return this;
    }

    /// <summary>Loads the states of what is trained.</summary>
    internal RunInMemory WithStates(ResumedTraining resumed, bool adaptersOnly = false) => WithStates(
        (name, kind) =>
        {
            var info = resumed.Find(name, kind);
            var bytes = new byte[info.ByteLength];
            resumed.Read(name, kind, 0, bytes);
            return bytes;
        },
        adaptersOnly);

    internal Shape Shape(string name) => _parameters[name].Info.Shape;

    internal DType DType(string name) => _parameters[name].Info.DType;

    internal IReadOnlyList<SavedParameter> Saved(bool adaptersOnly = false) =>
        [.. _parameters.Values.Select(entry => new SavedParameter(entry.Info.Name, entry.Info.DType, entry.Info.Shape, new MemoryByteSource(entry.Info.Name, entry.Bytes), !adaptersOnly || AdapterSource.IsAdapter(entry.Info.Name)))];
}
