using System.Globalization;

namespace Ckpt.Torch;

/// <summary>Where a tensor lives, written as PyTorch does: <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>; index -1 is the current one.</summary>
public readonly record struct Device(DeviceType Type, int Index = -1)
{
    public static Device CPU { get; } = new(DeviceType.CPU);

    public static Device CUDA { get; } = new(DeviceType.CUDA);

    public static Device META { get; } = new(DeviceType.META);

    public static Device Parse(string name)
    {
        var colon = name.IndexOf(':', StringComparison.Ordinal);
        var kind = colon < 0 ? name : name[..colon];
        var index = -1;
        if (colon >= 0 && (!int.TryParse(name.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out index) || index > 127))
        {
            throw new ArgumentException($"device '{name}': the index is a number from 0 to 127", nameof(name));
        }
        return kind switch
        {
            "cpu" => new Device(DeviceType.CPU, index),
            "cuda" => new Device(DeviceType.CUDA, index),
            "meta" => new Device(DeviceType.META, index),
            "npu" or "privateuseone" => new Device(DeviceType.PRIVATEUSE1, index),
            _ => throw new ArgumentException($"device '{name}': cpu, cuda, npu and meta are known", nameof(name)),
        };
    }

    public static implicit operator Device(string name) => Parse(name);

    public override string ToString()
    {
        var kind = Type switch { DeviceType.CPU => "cpu", DeviceType.CUDA => "cuda", DeviceType.META => "meta", _ => "npu" };
        return Index < 0 ? kind : string.Create(CultureInfo.InvariantCulture, $"{kind}:{Index}");
    }

    internal int Packed => ((int)Type << 8) | (byte)(sbyte)Index;

    internal static Device Unpack(int packed) => new((DeviceType)(packed >> 8), (sbyte)(packed & 0xff));
}
