using System.Text.Json;
using Ckpt.Kit;

namespace Ckpt.TrainerTests.Modeling;

/// <summary>Losses and gradient norms of a reference run.</summary>
sealed record Curve(double[] Losses, double[] Norms)
{
    static readonly JsonDocument s_all = JsonDocument.Parse(File.ReadAllBytes(Repository.Vector("training", "curves.json")));

    internal static Curve Of(string model, string run)
    {
        var json = s_all.RootElement.GetProperty(model).GetProperty(run);
        double[] Numbers(string key) => [.. json.GetProperty(key).EnumerateArray().Select(static number => number.GetDouble())];
        return new Curve(Numbers("loss"), Numbers("grad_norm"));
    }
}
