using Spectre.Console;

namespace Ckpt.Cli.Output;

/// <summary>Progress as bars that are redrawn, one a phase.</summary>
sealed class BarProgress(ProgressContext context, IAnsiConsole console) : IProgressSink
{
    readonly Lock _lock = new();
    ProgressTask? _task;

    public void Phase(string name, long bytes)
    {
        lock (_lock)
        {
            Close();
            // A bar of nothing to do would stay at "not started".
            _task = context.AddTask(Markup.Escape(name), maxValue: Math.Max(1, bytes));
            if (bytes == 0) { Close(); }
        }
    }

    public void Advance(long bytes)
    {
        lock (_lock) { _task?.Increment(bytes); }
    }

    public void Note(string text)
    {
        lock (_lock) { console.MarkupLineInterpolated($"{text}"); }
    }

    void Close()
    {
        if (_task is null) { return; }
        _task.Value = _task.MaxValue;
        _task.StopTask();
        _task = null;
    }
}
