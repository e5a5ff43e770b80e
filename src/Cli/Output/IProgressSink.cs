namespace Ckpt.Cli.Output;

/// <summary>Told by long work how far it is. Members may be called from several threads at once.</summary>
interface IProgressSink
{
    /// <summary>A new phase begins, of so many bytes; the one before is over.</summary>
    void Phase(string name, long bytes);

    /// <summary>So many bytes more of the current phase are done.</summary>
    void Advance(long bytes);

    /// <summary>Something to tell the user now.</summary>
    void Note(string text);
}
