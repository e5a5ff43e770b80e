using System.Runtime.InteropServices;
using Ckpt.Cli;
using Ckpt.Cli.Commands;
using Ckpt.Cli.Output;
using Ckpt.Cli.Training;
using Ckpt.Formats.Hub;

// The first signal asks the work to stop, so that what is done stays usable; the second ends the process as it always would.
using var interrupt = new CancellationTokenSource();
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

// Of ranks that another process started, that one passes on what the terminal says.
if (LaunchedRank.IsThis) { LaunchedRank.Listen(interrupt); }

return new Application(CommandList.All(), Terminal.OfProcess(), HubEnvironment.Current).Run(args, interrupt.Token);

void Stop(PosixSignalContext signal)
{
    if (LaunchedRank.IsThis && signal.Signal == PosixSignal.SIGINT)
    {
        signal.Cancel = true;
        return;
    }
    signal.Cancel = !interrupt.IsCancellationRequested;
    interrupt.Cancel();
}
