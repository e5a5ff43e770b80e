namespace Ckpt.Formats.Torch;

/// <summary>A pickled pathlib path: up to Python 3.12 its parts, later one string.</summary>
static class TorchPath
{
    internal static string Text(IReadOnlyList<PickleNode> args)
    {
        var parts = args.Select(part => part is PickleString text ? PickleText.Showable(text.Value) : "…").ToArray();
        return parts is ["/", ..] ? "/" + string.Join('/', parts[1..]) : string.Join('/', parts);
    }
}
