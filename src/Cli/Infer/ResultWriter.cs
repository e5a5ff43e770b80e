using System.Text;
using System.Text.Json.Nodes;
using Ckpt.Cli.Output;

namespace Ckpt.Cli.Infer;

/// <summary>Adds results to a .jsonl, each as soon as those before it are there, so that an interrupted run keeps what it has.</summary>
sealed class ResultWriter : IDisposable
{
    readonly StreamWriter _file;
    readonly Dictionary<int, JsonObject> _early = [];
    int _next;

    internal ResultWriter(string path)
    {
        Path = path;
        if (System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) is { } folder) { Directory.CreateDirectory(folder); }
        _file = new StreamWriter(path, append: true, new UTF8Encoding(false)) { NewLine = "\n" };
    }

    internal string Path { get; }

    /// <summary>Where results go that no flag says a place for: beside the checkpoint, or under its name, as swift infer does.</summary>
    internal static string DefaultPath(ModelOrigin origin, DateTime now)
    {
        var folder = Directory.Exists(origin.Named) && (origin.Adapters.Count > 0 || origin.SourceIsMcore) ? origin.Named : System.IO.Path.Combine("result", System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(origin.Named)));
        return System.IO.Path.Combine(folder, "infer_result", now.ToString("yyyyMMdd-HHmmss", System.Globalization.CultureInfo.InvariantCulture) + ".jsonl");
    }

    /// <summary>Takes the result of a row; rows are counted from 0.</summary>
    internal void Add(int index, JsonObject result)
    {
        _early[index] = result;
        for (; _early.Remove(_next, out var due); _next++) { _file.WriteLine(JsonText.Line(due)); }
        _file.Flush();
    }

    public void Dispose() => _file.Dispose();
}
