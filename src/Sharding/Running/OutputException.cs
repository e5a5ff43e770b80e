namespace Ckpt.Sharding.Running;

/// <summary>The output cannot be written as asked, and nothing was changed; the message says what to do.</summary>
public sealed class OutputException : Exception
{
    OutputException(string message, Exception? inner = null) : base(message, inner) { }

    internal static OutputException Exists(string path) =>
        new($"{path} exists; choose another --output_dir, or give --exist_ok true to replace an output of ckpt [SHD-4.5]");

    internal static OutputException NotOurs(string path) =>
        new($"{path} exists and holds no ckpt.json, so it is not an output of ckpt and is not replaced; move it away or choose another --output_dir [SHD-4.5]");

    internal static OutputException Busy(string folder, Exception inner) =>
        new($"{folder} is being written by another run; wait for it, or stop it first [SHD-4.2]", inner);

    internal static OutputException OtherPlan(string folder) =>
        new($"{folder} was left by a run of other input or options; repeat that run, or give --restart to throw its work away [SHD-4.3]");

    internal static OutputException Unknown(string folder) =>
        new($"{folder} is in the way and was not made by ckpt (it has no journal); move it away [SHD-4.3]");
}
