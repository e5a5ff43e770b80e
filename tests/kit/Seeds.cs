using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace Ckpt.Kit;

/// <summary>
/// Runs properties with a fixed seed that a failure prints; <c>CKPT_SEED</c> (a number) replays another one,
/// <c>CKPT_CASES</c> asks for more cases.
/// </summary>
public static class Law
{
    /// <summary>Checks that a property holds for generated cases (200 where not told otherwise).</summary>
    public static void Holds<T>(Gen<T> cases, Func<T, bool> property, int count = 200)
    {
        var seed = Number("CKPT_SEED") ?? 20261122;
        count = (int)(Number("CKPT_CASES") ?? (ulong)count);
        var config = Config.QuickThrowOnFailure.WithMaxTest(count).WithReplay(new Replay(new Rnd(seed, 1), Microsoft.FSharp.Core.FSharpOption<int>.None)).WithQuietOnSuccess(true);
        try { Prop.ForAll(cases.ToArbitrary(), property).Check(config); }
        catch (Exception error) { throw new InvalidOperationException($"seed {seed} (CKPT_SEED), {count} cases (CKPT_CASES): {error.Message}", error); }
    }

    static ulong? Number(string variable) =>
        ulong.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
