using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats.IO;
using Ckpt.Formats.Safetensors;

namespace Ckpt.Formats.Peft;

/// <summary>A folder that PEFT's <c>save_pretrained</c> wrote: its config and its tensors, opened for reading.</summary>
public sealed class PeftFolder : IDisposable
{
    /// <summary>The config's file name.</summary>
    public const string ConfigName = "adapter_config.json";

    /// <summary>What the weights' file name begins with.</summary>
    public const string WeightsStem = "adapter_model";

    const int LongestConfig = 16 << 20;
    const string WeightsName = WeightsStem + ".safetensors";
    const string PickledName = WeightsStem + ".bin";

    PeftFolder(string path, PeftConfig config, SafetensorsReader reader)
    {
        (Path, Config, Reader) = (path, config, reader);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>What its config says.</summary>
    public PeftConfig Config { get; }

    /// <summary>Its tensors.</summary>
    public SafetensorsReader Reader { get; }

    /// <summary>Whether a folder holds an adapter's config.</summary>
    public static bool IsAdapter(string path) => File.Exists(System.IO.Path.Combine(path, ConfigName));

    /// <summary>Opens an adapter's folder.</summary>
    /// <exception cref="CheckpointException">It breaks ADP-1.1 to 1.3, or its file breaks a clause of SFT.</exception>
    public static PeftFolder Open(string path)
    {
        var config = System.IO.Path.Combine(path, ConfigName);
        if (!File.Exists(config)) { Throw.NoConfig(path); }
        var parsed = PeftConfig.Parse(ReadConfig(config), config);
        var weights = System.IO.Path.Combine(path, WeightsName);
        if (!File.Exists(weights)) { Throw.NoWeights(path, File.Exists(System.IO.Path.Combine(path, PickledName))); }
        return new PeftFolder(path, parsed, SafetensorsReader.Open(weights));
    }

    public void Dispose() => Reader.Dispose();

    static byte[] ReadConfig(string path)
    {
        using var source = new FileByteSource(path);
        if (source.Length > LongestConfig) { Throw.LongConfig(path, source.Length); }
        var bytes = new byte[source.Length];
        source.ReadExactly(0, bytes);
        return bytes;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoConfig(string path) => throw new MalformedCheckpointException(
            "ADP-1.1", path, $"is no PEFT adapter: there is no {ConfigName}");

        [DoesNotReturn]
        internal static void NoWeights(string path, bool pickled) => throw (pickled
            ? new UnsupportedCheckpointException("ADP-1.1", path, $"holds {PickledName} and no {WeightsName}; pickled adapters are not read: load and save it with PEFT 0.7 or later")
            : (CheckpointException)new MalformedCheckpointException("ADP-1.1", path, $"there is a {ConfigName} and no {WeightsName}"));

        [DoesNotReturn]
        internal static void LongConfig(string path, long found) => throw new MalformedCheckpointException(
            "ADP-1.1", path, $"{found} bytes, {LongestConfig} are allowed");
    }
}
