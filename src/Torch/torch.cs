using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Ckpt.Torch.Native;

namespace Ckpt.Torch;

/// <summary>PyTorch's functions under their names, as TorchSharp has them: <c>using static Ckpt.Torch.torch;</c>.</summary>
public static unsafe partial class torch
{
    static readonly ConcurrentDictionary<string, Operator> s_operators = new(StringComparer.Ordinal);

    /// <summary>LibTorch's version, as its headers had it when the shim was built.</summary>
    public static string version
    {
        get
        {
            Shim.Require();
            return Marshal.PtrToStringUTF8((nint)Shim.ckpt_version()) ?? "";
        }
    }

    /// <summary>Whether LibTorch is here; if not, the reason says what to install.</summary>
    public static bool IsAvailable([NotNullWhen(false)] out string? reason)
    {
        reason = Shim.Unavailable;
        return reason is null;
    }

    /// <summary>Whether LibTorch has the operator, such as <c>aten::scaled_dot_product_attention</c>.</summary>
    public static bool Has(string name) => Named(name).Exists;

    /// <summary>Calls any operator by its name; see <see cref="Operator"/>.</summary>
    public static Tensor Call(string name, params object?[]? arguments) => Named(name).Call(Boxed(arguments));

    /// <summary>Calls any operator that gives several tensors, or a list of them.</summary>
    public static Tensor[] CallMany(string name, params object?[]? arguments) => Named(name).CallMany(Boxed(arguments));

    /// <summary>Calls any operator that gives a number or a truth.</summary>
    public static object? CallValue(string name, params object?[]? arguments) => Named(name).CallValue(Boxed(arguments));

    /// <summary>Tensors made on this thread from now on are freed when the scope is.</summary>
    public static DisposeScope NewDisposeScope() => new();

    /// <summary>Seeds the generators of all devices.</summary>
    public static void manual_seed(long seed)
    {
        Shim.Require();
        Shim.Check(Shim.ckpt_manual_seed((ulong)seed));
    }

    /// <summary>The state of a device's generator, as bytes; the CPU's where none is named.</summary>
    public static Tensor get_rng_state(Device? device = null)
    {
        Shim.Require();
        nint state;
        Shim.Check(Shim.ckpt_get_rng_state((device ?? Device.CPU).Packed, &state));
        return new Tensor(state);
    }

    public static void set_rng_state(Tensor state, Device? device = null)
    {
        Shim.Check(Shim.ckpt_set_rng_state((device ?? Device.CPU).Packed, state.Handle));
        GC.KeepAlive(state);
    }

    public static void set_num_threads(int threads)
    {
        Shim.Require();
        Shim.Check(Shim.ckpt_set_num_threads(threads));
    }

    public static int get_num_threads()
    {
        Shim.Require();
        return Shim.ckpt_get_num_threads();
    }

    public static void use_deterministic_algorithms(bool mode)
    {
        Shim.Require();
        Shim.Check(Shim.ckpt_use_deterministic(mode ? 1 : 0));
    }

    static Operator Named(string name) => s_operators.GetOrAdd(name, n => new Operator(n));

    // A lone null is one argument that is None, and a lone array of tensors is one list, though C# hands both over as the arguments.
    static Argument[] Boxed(object?[]? arguments) => arguments switch
    {
        null => [default],
        Tensor?[] list => [list],
        _ => Array.ConvertAll(arguments, Argument.Of),
    };
}
