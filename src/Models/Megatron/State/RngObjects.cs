using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using Ckpt.Formats;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using static Ckpt.Models.Megatron.PickleValues;

namespace Ckpt.Models.Megatron.State;

/// <summary>
/// Random number states as Megatron keeps them, an object for each pipeline and tensor rank (TRN-13.3). What a program without Python, numpy and a GPU
/// has none of is filled with the states that seeding those would give, so that Megatron's loader finds what it sets.
/// </summary>
public static class RngObjects
{
    const string Prefix = "rng_state/shard_";
    const int MostBytes = 1 << 20;

    /// <summary>The object of one tensor rank.</summary>
    /// <param name="tensor">The tensor parallel rank.</param>
    /// <param name="tensors">How many there are.</param>
    /// <param name="states">That of the first data parallel rank, or of all of them where they differ.</param>
    /// <param name="seed">What stands in for generators that this program has not.</param>
    public static ObjectTarget Make(int tensor, int tensors, IReadOnlyList<RngState> states, uint seed)
    {
        var storages = new List<ReadOnlyMemory<byte>>();
        var list = new PickleList();
        foreach (var state in states) { list.Items.Add(State(state, seed, (uint)tensor, storages)); }
        return ObjectTarget.Of(string.Create(CultureInfo.InvariantCulture, $"{Prefix}0.{tensor}_1.{tensors}"), list, storages);
    }

    /// <summary>
    /// The states of a tensor rank, one or one for each data parallel rank; none where the checkpoint has no states of so many tensor ranks: Megatron
    /// then begins anew, too.
    /// </summary>
    /// <exception cref="MalformedCheckpointException">TRN-13.4: they have another form.</exception>
    public static IReadOnlyList<RngState> Read(IMegatronReader reader, int tensor, int tensors)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}0.{tensor}_1.{tensors}");
        if (!reader.Objects.Any(item => item.Name == name)) { return []; }
        var file = reader.OpenObject(name);
        if (reader.ReadObject(name) is not PickleList list) { Throw.Form(reader.Path, name, "is no list"); return []; }
        return [.. list.Items.Select(item => State(item, file, reader.Path, name))];
    }

    static PickleDict State(RngState state, uint seed, uint tensor, List<ReadOnlyMemory<byte>> storages)
    {
        var words = Mersenne(seed);
        var python = new PickleTuple([Of(3), new PickleTuple([.. words.Select(static word => Of((long)word)), Of(words.Length)]), None]);
        var trackers = new PickleDict();
        // Source: Megatron-LM core/tensor_parallel/random.py model_parallel_cuda_manual_seed; without any tracker its loader stops.
        if (state.Trackers.Count == 0) { trackers.Add("model-parallel-rng", Bytes(Cuda(seed + 2718 + tensor), storages)); }
        foreach (var (name, bytes) in state.Trackers) { trackers.Add(name, Bytes(bytes, storages)); }
        return new PickleDict()
            .Add("random_rng_state", python)
            .Add("np_rng_state", new PickleTuple([Of("MT19937"), Array(words), Of(words.Length), Of(0), Of(0.0)]))
            .Add("torch_rng_state", Bytes(state.Torch, storages))
            .Add("cuda_rng_state", Bytes(Cuda(seed), storages))
            .Add("rng_tracker_states", trackers);
    }

    static RngState State(PickleNode node, TorchFile file, string where, string name)
    {
        if (node is not PickleDict dict || dict.Find("torch_rng_state") is not { } torch) { Throw.Form(where, name, "has no torch_rng_state"); return RngState.Of(default); }
        var trackers = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (var (key, value) in (dict.Find("rng_tracker_states") as PickleDict)?.Items ?? [])
        {
            // Generators of a GPU that are kept as objects are nothing to a CPU.
            if (key is PickleString text && TorchTensor.IsTensor(value)) { trackers[text.Value] = Elements(value, file, where, name); }
        }
        return new RngState(Elements(torch, file, where, name), trackers);
    }

    static ReadOnlyMemory<byte> Elements(PickleNode node, TorchFile file, string where, string name)
    {
        var tensor = TorchTensor.Read(node, where);
        if (tensor.DType != DType.U8 || tensor.Shape.Rank != 1 || (tensor.Shape[0] > 1 && tensor.Strides[0] != 1)) { Throw.Form(where, name, $"has a state of {tensor.DType.DisplayName()} {tensor.Shape}, and not bytes one after the other"); }
        if (tensor.Shape[0] > MostBytes) { Throw.Form(where, name, $"has a state of {tensor.Shape[0]} bytes; generators have at most {MostBytes}"); }
        var payload = file.Locate(tensor);
        var bytes = new byte[tensor.Shape[0]];
        payload.Source.ReadExactly(payload.Offset, bytes);
        return bytes;
    }

    static PickleNode Bytes(ReadOnlyMemory<byte> bytes, List<ReadOnlyMemory<byte>> storages)
    {
        storages.Add(bytes);
        return TorchTensor.Node(DType.U8, new Shape(bytes.Length), (storages.Count - 1).ToString(CultureInfo.InvariantCulture), new TorchNames());
    }

    /// <summary>A numpy array of uint32, as protocol 2 has it.</summary>
    static PickleObject Array(uint[] words)
    {
        var encode = new PickleGlobal("_codecs", "encode");
        var made = new PickleObject(PickleConstruction.Reduce, new PickleGlobal("numpy.core.multiarray", "_reconstruct"), new PickleTuple(
            [new PickleGlobal("numpy", "ndarray"), new PickleTuple([Of(0)]), new PickleObject(PickleConstruction.Reduce, encode, new PickleTuple([Of("b"), Of("latin1")]))]));
        var dtype = new PickleObject(PickleConstruction.Reduce, new PickleGlobal("numpy", "dtype"), new PickleTuple([Of("u4"), Of(false), Of(true)]));
        dtype.States.Add(new PickleTuple([Of(3), Of("<"), None, None, None, Of(-1), Of(-1), Of(0)]));
        var text = string.Concat(MemoryMarshal.AsBytes<uint>(words).ToArray().Select(static value => (char)value));
        made.States.Add(new PickleTuple([Of(1), new PickleTuple([Of(words.Length)]), dtype, Of(false), new PickleObject(PickleConstruction.Reduce, encode, new PickleTuple([Of(text), Of("latin1")]))]));
        return made;
    }

    /// <summary>The words of a Mersenne twister that was seeded with one number (init_genrand of Matsumoto and Nishimura).</summary>
    static uint[] Mersenne(uint seed)
    {
        var words = new uint[624];
        words[0] = seed;
        for (var i = 1u; i < words.Length; i++) { words[i] = (1812433253 * (words[i - 1] ^ (words[i - 1] >> 30))) + i; }
        return words;
    }

    /// <summary>A generator of CUDA: seed and offset, 8 bytes each.</summary>
    static byte[] Cuda(uint seed)
    {
        var bytes = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes, seed);
        return bytes;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Form(string where, string name, string fault) => throw new MalformedCheckpointException("TRN-13.4", where, $"{Quoted.Name(name)} {fault}");
    }
}
