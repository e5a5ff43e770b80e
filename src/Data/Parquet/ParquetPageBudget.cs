namespace Ckpt.Data.Parquet;

/// <summary>Counts the bytes of pages that the columns of a row group hold at one time.</summary>
sealed class ParquetPageBudget
{
    long _taken;

    internal void Take(long bytes, string where)
    {
        _taken += bytes;
        if (_taken > ParquetLimits.OpenPages) { throw new UnsupportedDataException("PQT-1.5", where, $"the open pages of all columns take {_taken} bytes; up to {ParquetLimits.OpenPages} are held"); }
    }

    internal void Return(long bytes) => _taken -= bytes;
}
