using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Ckpt.Cli.Output;

namespace Ckpt.Cli.Training;

/// <summary>
/// Starts the ranks of one machine and waits for them (CLI-11.4). Where one ends with a fault, the others are ended too, and its exit code is ours. A
/// rank hears from us over its standard input: a line asks it to stop, and its end, that we are gone.
/// </summary>
/// <param name="program">What each runs.</param>
/// <param name="ranks">Which ones.</param>
/// <param name="say">A line for the user.</param>
sealed class RankLauncher(RankProgram program, RankEnvironment ranks, Action<string> say)
{
    readonly Lock _lock = new();

    /// <summary>Runs them; the exit code of the first that failed, or 0.</summary>
    internal int Run(CancellationToken cancel)
    {
        var port = ranks.World == ranks.Processes && Environment.GetEnvironmentVariable("MASTER_PORT") is null or "" ? FreePort() : ranks.MasterPort;
        var processes = new List<Process>();
        try
        {
            for (var local = 0; local < ranks.Processes; local++) { processes.Add(Start(local, port)); }
            using var asked = cancel.Register(() => Ask(processes));
            return Wait(processes);
        }
        finally
        {
            foreach (var process in processes)
            {
                if (!process.HasExited) { process.Kill(entireProcessTree: true); }
                process.Dispose();
            }
        }
    }

    Process Start(int local, int port)
    {
        var rank = ranks.FirstRank + local;
        var start = new ProcessStartInfo(program.File) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardError = local > 0, RedirectStandardOutput = local > 0 };
        foreach (var word in program.Arguments) { start.ArgumentList.Add(word); }
        foreach (var (name, value) in new (string, int)[]
        {
            ("RANK", rank), ("LOCAL_RANK", local), ("WORLD_SIZE", ranks.World), ("LOCAL_WORLD_SIZE", ranks.Processes), ("MASTER_PORT", port),
        })
        {
            start.Environment[name] = value.ToString(CultureInfo.InvariantCulture);
        }
        start.Environment["MASTER_ADDR"] = ranks.MasterAddress;
        start.Environment[LaunchedRank.Variable] = "1";
        // Ranks on one machine share its processors, unless the user shares them out.
        if (Environment.GetEnvironmentVariable("OMP_NUM_THREADS") is null or "")
        {
            start.Environment["OMP_NUM_THREADS"] = Math.Max(1, Environment.ProcessorCount / ranks.Processes).ToString(CultureInfo.InvariantCulture);
        }
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program.File} did not start");
        if (local > 0)
        {
            process.ErrorDataReceived += (_, line) => Say(rank, line.Data);
            process.OutputDataReceived += (_, line) => Say(rank, line.Data);
            process.BeginErrorReadLine();
            process.BeginOutputReadLine();
        }
        return process;
    }

    int Wait(List<Process> processes)
    {
        var running = processes.Select((process, local) => (Process: process, Rank: ranks.FirstRank + local, Exit: process.WaitForExitAsync())).ToList();
        while (running.Count > 0)
        {
            var ended = running[Task.WaitAny([.. running.Select(r => r.Exit)])];
            running.Remove(ended);
            var code = ended.Process.ExitCode;
            if (code == ExitCode.Done) { continue; }
            if (code == ExitCode.Interrupted)
            {
                // Asked to stop, all end by themselves.
                Task.WaitAll([.. running.Select(r => r.Exit)]);
                return code;
            }
            say(string.Create(CultureInfo.InvariantCulture, $"rank {ended.Rank} ended with exit code {code}; {running.Count} others are ended"));
            return code;
        }
        return ExitCode.Done;
    }

    static void Ask(List<Process> processes)
    {
        foreach (var process in processes)
        {
            try
            {
                process.StandardInput.WriteLine(LaunchedRank.Stop);
                process.StandardInput.Flush();
            }
            catch (IOException) { } // it is gone
        }
    }

    void Say(int rank, string? line)
    {
        if (string.IsNullOrEmpty(line)) { return; }
        lock (_lock) { say(string.Create(CultureInfo.InvariantCulture, $"[rank {rank}] {line}")); }
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
