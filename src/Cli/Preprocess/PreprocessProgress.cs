using Ckpt.Cli.Output;
using Ckpt.Data.Preprocessing;

namespace Ckpt.Cli.Preprocess;

/// <summary>Passes what a run tells on to what shows it.</summary>
sealed class PreprocessProgress(IProgressSink sink) : IPreprocessProgress
{
    public void Begin(long bytes) => sink.Phase("preprocess", bytes);

    public void Advance(long bytes) => sink.Advance(bytes);

    public void Note(string text) => sink.Note(text);
}
