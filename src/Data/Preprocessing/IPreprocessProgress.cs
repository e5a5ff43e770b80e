namespace Ckpt.Data.Preprocessing;

/// <summary>Told how a run goes.</summary>
public interface IPreprocessProgress
{
    /// <summary>So many bytes of input will be read.</summary>
    void Begin(long bytes);

    /// <summary>So many more are behind.</summary>
    void Advance(long bytes);

    /// <summary>Something the user should know now.</summary>
    void Note(string text);
}
