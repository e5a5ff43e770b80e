using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace Ckpt.Torch.Native;

/// <summary>The functions of libckpt_torch.so. A status of 0 is success: <see cref="Check"/> turns the others into exceptions.</summary>
static unsafe partial class Shim
{
    const string Library = "ckpt_torch";

    static readonly Lazy<string?> s_unavailable = new(Probe);

    /// <summary>Why there is no LibTorch here, or null where there is.</summary>
    internal static string? Unavailable => s_unavailable.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Check(int status)
    {
        if (status != 0) { Throw(status); }
    }

    /// <summary>Says what is missing, instead of the loader's word about a file.</summary>
    internal static void Require()
    {
        if (Unavailable is { } reason) { throw new TorchException(reason); }
    }

    [DoesNotReturn]
    static void Throw(int status)
    {
        var message = Marshal.PtrToStringUTF8((nint)ckpt_last_error()) ?? "";
        if (status == 2 && CallbackExceptions.Take(ckpt_last_callback()) is { } original) { ExceptionDispatchInfo.Throw(original); }
        throw new TorchException(message.TrimEnd());
    }

    static string? Probe()
    {
        var folder = AppContext.BaseDirectory;
        var path = Path.Combine(folder, "libckpt_torch.so");
        if (!File.Exists(path))
        {
            var missing = Path.Combine(folder, "libckpt_torch.missing");
            var why = File.Exists(missing) ? File.ReadAllText(missing).Trim() : $"{path} is not there";
            return $"training needs LibTorch, which is not part of this build: {why}";
        }
        try
        {
            NativeLibrary.Load(path);
            return null;
        }
        catch (DllNotFoundException error)
        {
            return $"training needs LibTorch, which does not load ({error.Message}); building again compiles the shim for the one that is there";
        }
    }

    [LibraryImport(Library)]
    internal static partial byte* ckpt_last_error();

    [LibraryImport(Library)]
    internal static partial long ckpt_last_callback();

    [LibraryImport(Library)]
    internal static partial byte* ckpt_version();

    [LibraryImport(Library)]
    internal static partial long ckpt_live_tensors();

    [LibraryImport(Library)]
    internal static partial void ckpt_tensor_free(nint tensor);

    [LibraryImport(Library)]
    internal static partial nint ckpt_tensor_share(nint tensor);

    [LibraryImport(Library)]
    internal static partial void ckpt_free_array(nint array);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ckpt_operator(string name, string overload, nint* result);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ckpt_has_operator(string name, string overload);

    [LibraryImport(Library)]
    internal static partial int ckpt_call(nint op, NativeValue* arguments, int count, NativeValue* results, int capacity, int* given);

    [LibraryImport(Library)]
    internal static partial int ckpt_tensor_info(nint tensor, NativeInfo* info);

    [LibraryImport(Library)]
    internal static partial int ckpt_tensor_data(nint tensor, void** data);

    [LibraryImport(Library)]
    internal static partial int ckpt_tensor_item(nint tensor, NativeValue* result);

    [LibraryImport(Library)]
    internal static partial int ckpt_empty(long* sizes, int dimensions, int type, int device, nint* result);

    [LibraryImport(Library)]
    internal static partial int ckpt_manual_seed(ulong seed);

    [LibraryImport(Library)]
    internal static partial int ckpt_get_rng_state(int device, nint* result);

    [LibraryImport(Library)]
    internal static partial int ckpt_set_rng_state(int device, nint state);

    [LibraryImport(Library)]
    internal static partial int ckpt_set_num_threads(int count);

    [LibraryImport(Library)]
    internal static partial int ckpt_get_num_threads();

    [LibraryImport(Library)]
    internal static partial int ckpt_use_deterministic(int yes);

    [LibraryImport(Library)]
    internal static partial int ckpt_device_count(int type, int* count);

    [LibraryImport(Library)]
    internal static partial int ckpt_set_device(int device);

    [LibraryImport(Library)]
    internal static partial int ckpt_synchronize(int device);
}
