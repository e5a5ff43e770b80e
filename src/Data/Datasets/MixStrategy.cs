namespace Ckpt.Data.Datasets;

/// <summary>When mixing ends: one after the other, or drawn until the first source is empty, or until every one has been.</summary>
public enum MixStrategy
{
    Concat, InterleaveUnder, InterleaveOver,
}
