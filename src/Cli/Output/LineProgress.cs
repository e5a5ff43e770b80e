using System.Globalization;
using Ckpt.Cli.Flags;

namespace Ckpt.Cli.Output;

/// <summary>Progress as plain lines, one every few seconds and one at a phase's end: for logs and for terminals that cannot redraw.</summary>
sealed class LineProgress(TextWriter output, TimeProvider clock, TimeSpan every) : IProgressSink
{
    readonly Lock _lock = new();
    string? _phase;
    long _total;
    long _done;
    long _started;
    long _said;

    public void Phase(string name, long bytes)
    {
        lock (_lock)
        {
            Close();
            (_phase, _total, _done) = (name, bytes, 0);
            _started = _said = clock.GetTimestamp();
        }
    }

    public void Advance(long bytes)
    {
        lock (_lock)
        {
            _done += bytes;
            var now = clock.GetTimestamp();
            if (_phase is null || clock.GetElapsedTime(_said, now) < every) { return; }
            _said = now;
            output.WriteLine(Running(_phase, _done, _total, clock.GetElapsedTime(_started, now)));
        }
    }

    public void Note(string text)
    {
        lock (_lock) { output.WriteLine(text); }
    }

    /// <summary>Ends the last phase.</summary>
    internal void Finish()
    {
        lock (_lock) { Close(); }
    }

    /// <summary>A line amid a phase: done, total, rate and time left.</summary>
    internal static string Running(string phase, long done, long total, TimeSpan elapsed)
    {
        var rate = elapsed.TotalSeconds > 0 ? done / elapsed.TotalSeconds : 0;
        var left = rate > 0 && total > done ? $", {Time((total - done) / rate)} left" : "";
        var percent = total > 0 ? (100.0 * done / total).ToString("F0", CultureInfo.InvariantCulture) : "100";
        return $"{phase}: {ByteSize.Text(done)} of {ByteSize.Text(total)} ({percent}%), {ByteSize.Text((long)rate)}/s{left}";
    }

    /// <summary>The line a phase ends with.</summary>
    internal static string Ended(string phase, long done, TimeSpan elapsed)
    {
        var rate = elapsed.TotalSeconds > 0.001 ? $", {ByteSize.Text((long)(done / elapsed.TotalSeconds))}/s" : "";
        return $"{phase}: {ByteSize.Text(done)} in {Time(elapsed.TotalSeconds)}{rate}";
    }

    /// <summary>A duration in the two units that matter.</summary>
    internal static string Time(double seconds) => seconds switch
    {
        < 9.95 => seconds.ToString("F1", CultureInfo.InvariantCulture) + " s",
        < 99.5 => seconds.ToString("F0", CultureInfo.InvariantCulture) + " s",
        < 5_999 => string.Create(CultureInfo.InvariantCulture, $"{(long)Math.Round(seconds) / 60} min {(long)Math.Round(seconds) % 60} s"),
        < 1e9 => string.Create(CultureInfo.InvariantCulture, $"{(long)(seconds / 3600)} h {(long)(seconds / 60) % 60} min"),
        _ => "a long time",
    };

    void Close()
    {
        if (_phase is null) { return; }
        output.WriteLine(Ended(_phase, _done, clock.GetElapsedTime(_started)));
        _phase = null;
    }
}
