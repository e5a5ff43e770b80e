namespace Ckpt.Torch;

/// <summary>LibTorch refused, or is not here: the message is its own, or says what to install.</summary>
public sealed class TorchException(string message, Exception? inner = null) : Exception(message, inner);
