using System.Runtime.InteropServices;
using Ckpt.Cli;
using Ckpt.Cli.Commands;
using Ckpt.Cli.Export;
using Ckpt.Cli.Output;
using Ckpt.Data.Preprocessing;
using Ckpt.Formats.Hub;
using Ckpt.Formats.Opening;

// The first signal asks the work to stop, so that what is done stays usable; the second ends the process as it always would.
using var interrupt = new CancellationTokenSource();
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

ICommand[] commands = [new ExportCommand(new ConversionRunner()), new DiffCommand(), new LsCommand(CheckpointFormats.All), new InspectCommand(CheckpointFormats.All), new TokenizeCommand(), new PreprocessCommand(new EncoderFactory())];
return new Application(commands, Terminal.OfProcess(), HubEnvironment.Current).Run(args, interrupt.Token);

void Stop(PosixSignalContext signal)
{
    signal.Cancel = !interrupt.IsCancellationRequested;
    interrupt.Cancel();
}
