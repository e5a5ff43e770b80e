using Ckpt.Torch.Native;

namespace Ckpt.Torch;

public static unsafe partial class torch
{
    /// <summary>NVIDIA's devices, where LibTorch has been built for them.</summary>
    public static class cuda
    {
        public static bool is_available() => device_count() > 0;

        public static int device_count()
        {
            Shim.Require();
            int count;
            Shim.Check(Shim.ckpt_device_count((int)DeviceType.CUDA, &count));
            return count;
        }

        public static void set_device(Device device)
        {
            Shim.Require();
            Shim.Check(Shim.ckpt_set_device(device.Packed));
        }

        /// <summary>Waits for everything given to the device's current stream.</summary>
        public static void synchronize(Device? device = null)
        {
            Shim.Require();
            Shim.Check(Shim.ckpt_synchronize((device ?? Device.CUDA).Packed));
        }
    }
}
