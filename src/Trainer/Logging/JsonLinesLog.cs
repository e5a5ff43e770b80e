using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Trainer.Loop;

namespace Ckpt.Trainer.Logging;

/// <summary>Writes <c>logging.jsonl</c>, every line at once, so that it can be followed and survives a killed run.</summary>
public sealed class JsonLinesLog(string path) : ITrainingLog
{
    static readonly JsonSerializerOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    readonly StreamWriter _writer = new(path, append: true, new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };

    public void Trained(TrainRecord record) => Write(LogText.Train(record));

    public void Evaluated(EvalRecord record) => Write(LogText.Eval(record));

    public void Saved(LoopState state) { }

    public void Ended(LoopState state) => Write(LogText.End(state));

    public void Dispose() => _writer.Dispose();

    void Write(JsonObject line) => _writer.WriteLine(line.ToJsonString(s_options));
}
