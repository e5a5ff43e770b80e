using Ckpt.Cli.Export;
using Ckpt.Data.Preprocessing;
using Ckpt.Models.Opening;
using Ckpt.Trainer.Loop;

namespace Ckpt.Cli.Commands;

/// <summary>The commands of the program, in the order of help.</summary>
static class CommandList
{
    internal static IReadOnlyList<ICommand> All() =>
    [
        new ExportCommand(new ConversionRunner()),
        new ConvertCkptCommand(new ConversionRunner()),
        new ReshardCommand(),
        new DiffCommand(),
        new VerifyCommand(),
        new FingerprintCommand(),
        new DoctorCommand(),
        new LsCommand(ModelFormats.All),
        new InspectCommand(ModelFormats.All),
        new PtCommand(new TorchBackend()),
        new SftCommand(new TorchBackend()),
        new InferCommand(),
        new TokenizeCommand(),
        new PreprocessCommand(new EncoderFactory()),
    ];
}
