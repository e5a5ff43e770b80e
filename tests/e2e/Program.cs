using System.Diagnostics;

namespace Ckpt.EndToEndTests;

/// <summary>What a run of the program gave.</summary>
sealed record Outcome(int ExitCode, string Out, string Error)
{
    internal string All => $"exit {ExitCode}\n{Out}\n{Error}";
}

/// <summary>The program, run as a process of its own.</summary>
static class Program
{
    static readonly string s_path = Path.Combine(AppContext.BaseDirectory, "ckpt.dll");

    internal static Outcome Run(params string[] arguments) => Finish(Start(arguments));

    internal static Outcome Finish(Process process)
    {
        using var _ = process;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Outcome(process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    internal static Process Start(params string[] arguments) => Start([], arguments);

    internal static Process Start((string Name, string Value)[] environment, params string[] arguments)
    {
        var info = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment) { info.Environment[name] = value; }
        info.ArgumentList.Add(s_path);
        foreach (var argument in arguments) { info.ArgumentList.Add(argument); }
        return Process.Start(info)!;
    }
}
