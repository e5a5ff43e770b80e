namespace Ckpt.Torch;

/// <summary>Kinds of devices, by c10's numbers.</summary>
public enum DeviceType
{
    CPU = 0,
    CUDA = 1,
    META = 14,
    PRIVATEUSE1 = 20,
}
