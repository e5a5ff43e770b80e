using System.Globalization;
using System.Security;
using System.Text;

namespace Ckpt.Trainer.Logging;

/// <summary>Draws a curve as a picture (SVG). Pure.</summary>
static class CurveText
{
    const int Width = 800;
    const int Height = 480;
    const int Left = 80;
    const int Top = 40;
    const int Right = 20;
    const int Bottom = 50;
    const int Lines = 5;

    /// <summary>The picture of numbers at steps; what is no number is left out.</summary>
    internal static string Svg(string title, IReadOnlyList<(long Step, double Value)> all)
    {
        var points = all.Where(p => double.IsFinite(p.Value)).ToList();
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{Height}\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        text.Append(CultureInfo.InvariantCulture, $"<rect width=\"{Width}\" height=\"{Height}\" fill=\"white\"/>\n<text x=\"{Width / 2}\" y=\"24\" text-anchor=\"middle\" font-size=\"16\">{SecurityElement.Escape(title)}</text>\n");
        if (points.Count > 0) { Draw(text, points); }
        return text.Append("</svg>\n").ToString();
    }

    static void Draw(StringBuilder text, List<(long Step, double Value)> points)
    {
        var (first, last) = (points[0].Step, Math.Max(points[^1].Step, points[0].Step + 1));
        var (low, high) = (points.Min(p => p.Value), points.Max(p => p.Value));
        if (high - low <= 0) { (low, high) = (low - Math.Max(Math.Abs(low) * 0.1, 1e-12), high + Math.Max(Math.Abs(high) * 0.1, 1e-12)); }
        double X(double step) => Left + ((step - first) / (last - first) * (Width - Left - Right));
        double Y(double value) => Height - Bottom - ((value - low) / (high - low) * (Height - Top - Bottom));

        for (var i = 0; i <= Lines; i++)
        {
            var (value, step) = (low + ((high - low) * i / Lines), first + ((last - first) * i / Lines));
            text.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Left}\" y1=\"{Y(value):F1}\" x2=\"{Width - Right}\" y2=\"{Y(value):F1}\" stroke=\"#ddd\"/><text x=\"{Left - 8}\" y=\"{Y(value) + 4:F1}\" text-anchor=\"end\">{value:G4}</text>\n");
            text.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(step):F1}\" y=\"{Height - Bottom + 20}\" text-anchor=\"middle\">{step}</text>\n");
        }
        text.Append("<polyline fill=\"none\" stroke=\"#1f77b4\" stroke-width=\"1.5\" points=\"");
        foreach (var (step, value) in points) { text.Append(CultureInfo.InvariantCulture, $"{X(step):F1},{Y(value):F1} "); }
        text.Length--;
        text.Append("\"/>\n");
    }
}
