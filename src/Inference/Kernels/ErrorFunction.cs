namespace Ckpt.Inference.Kernels;

/// <summary>The error function, to within 1e-15 up to 4 and 2e-8 above. After W. J. Cody, "Rational Chebyshev approximations for the error function", 1969.</summary>
public static class ErrorFunction
{
    const double Near = 0.46875;
    const double Far = 4;

    static ReadOnlySpan<double> NearTop => [1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3];

    static ReadOnlySpan<double> NearBottom => [1, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3];

    static ReadOnlySpan<double> MiddleTop =>
    [
        2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1, 2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3,
        2.05107837782607147e3, 1.23033935479799725e3,
    ];

    static ReadOnlySpan<double> MiddleBottom =>
    [
        1, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3,
        1.23033935480374942e3,
    ];

    /// <summary>Its value.</summary>
    public static double Of(double x)
    {
        var size = Math.Abs(x);
        if (double.IsNaN(x)) { return x; }
        if (size <= Near) { return x * Ratio(NearTop, NearBottom, x * x); }
        var rest = size > Far ? 0 : Math.Exp(-size * size) * Ratio(MiddleTop, MiddleBottom, size);
        return Math.CopySign(1 - rest, x);
    }

    static double Ratio(ReadOnlySpan<double> top, ReadOnlySpan<double> bottom, double x)
    {
        var (above, below) = (0.0, 0.0);
        for (var i = 0; i < top.Length; i++) { (above, below) = ((above * x) + top[i], (below * x) + bottom[i]); }
        return above / below;
    }
}
