using System.Globalization;
using System.Text.RegularExpressions;

namespace Ckpt.Verify.Reports;

/// <summary>Where a tensor is in a model, as its name tells: the stack of layers, the layer, and what it is there. Experts of one kind are one module.</summary>
/// <param name="Stack">The layers' common prefix, such as <c>model.layers</c>; empty outside of layers.</param>
/// <param name="Layer">The layer; null where it has none.</param>
/// <param name="Module">The rest of the name, further numbers as <c>*</c>; outside of layers all of it.</param>
readonly partial record struct TensorPosition(string Stack, int? Layer, string Module)
{
    internal static TensorPosition Of(string name)
    {
        var match = Layered().Match(name);
        return match.Success && int.TryParse(match.Groups["layer"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var layer)
            ? new TensorPosition(match.Groups["stack"].Value, layer, Numbers().Replace(match.Groups["module"].Value, "*"))
            : new TensorPosition("", null, name);
    }

    [GeneratedRegex(@"^(?<stack>.*?)\.(?<layer>[0-9]{1,6})\.(?<module>.+)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Layered();

    [GeneratedRegex(@"(?<=(^|\.)|weight|bias)[0-9]+(?=\.|$)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Numbers();
}
