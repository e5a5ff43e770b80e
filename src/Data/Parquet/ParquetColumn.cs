using Ckpt.Data.IO;

namespace Ckpt.Data.Parquet;

/// <summary>
/// Walks a column of a row group value by value, with one page in memory. A place where a value is missing has a definition level below
/// the column's own.
/// </summary>
sealed class ParquetColumn
{
    readonly ParquetPageReader _pages;
    readonly ParquetChunk _chunk;
    readonly ParquetField _leaf;
    readonly ParquetPageBudget _budget;
    readonly string _where;
    ParquetDictionary? _dictionary;
    ParquetPage? _page;
    int _inPage;
    long _given;

    internal ParquetColumn(DataFileSource file, ParquetChunk chunk, ParquetField leaf, ParquetPageBudget budget)
    {
        (_pages, _chunk, _leaf, _budget) = (new ParquetPageReader(file, chunk, leaf.Name), chunk, leaf, budget);
        _where = $"{file.Name}: column {Named.Text(leaf.Name)}";
        Advance();
    }

    /// <summary>Nothing is left.</summary>
    internal bool IsAtEnd { get; private set; }

    /// <summary>Which field repeats here; 0 begins a row.</summary>
    internal int Repetition { get; private set; }

    /// <summary>How much of the path to the value is there.</summary>
    internal int Definition { get; private set; }

    /// <summary>The place for messages.</summary>
    internal string Where => _where;

    /// <summary>The value here, to be called once and only where there is one.</summary>
    internal ReadOnlySpan<byte> Take() => _page!.Values.Next();

    /// <summary>Steps to the next place.</summary>
    internal void Advance()
    {
        while (_page is null || _inPage == _page.Count)
        {
            if (!NextPage())
            {
                if (_given != _chunk.ValueCount) { throw new MalformedDataException("PQT-3.6", _where, $"the pages have {_given} values, the footer announces {_chunk.ValueCount}"); }
                IsAtEnd = true;
                return;
            }
        }
        _inPage++;
        _given++;
        Repetition = _page.Repetitions?.Next() ?? 0;
        Definition = _page.Definitions?.Next() ?? 0;
        if ((uint)Repetition > (uint)_leaf.RepetitionLevel || (uint)Definition > (uint)_leaf.Definition)
        {
            throw new MalformedDataException("PQT-3.6", _where, $"levels {Repetition} and {Definition} of value {_given}; the schema allows {_leaf.RepetitionLevel} and {_leaf.Definition}");
        }
    }

    bool NextPage()
    {
        _budget.Return(_page?.Held ?? 0);
        (_page, _inPage) = (null, 0);
        while (_given < _chunk.ValueCount && _pages.Next() is { } raw)
        {
            switch (raw.Header.Kind)
            {
                case ParquetPageKind.Dictionary:
                    ReadDictionary(raw);
                    break;
                case ParquetPageKind.Data or ParquetPageKind.DataV2:
                    if (raw.Header.ValueCount > _chunk.ValueCount - _given)
                    {
                        throw new MalformedDataException("PQT-3.6", raw.Where, $"{raw.Header.ValueCount} values; the column has {_chunk.ValueCount}, of which {_given} are behind");
                    }
                    _budget.Take(raw.Bytes.Length + (long)raw.Header.UncompressedLength, raw.Where);
                    _page = ParquetPage.Open(raw, _chunk.Codec, _leaf, _dictionary);
                    return true;
                default: break; // index pages, and kinds to come, are passed over
            }
        }
        return false;
    }

    void ReadDictionary(ParquetRawPage raw)
    {
        if (_dictionary is not null) { throw new MalformedDataException("PQT-3.1", raw.Where, "a second dictionary"); }
        if (raw.Header.Encoding is not (ParquetEncoding.Plain or ParquetEncoding.PlainDictionary) || _leaf.Type == ParquetPhysical.Boolean)
        {
            throw new UnsupportedDataException("PQT-3.4", raw.Where, $"a dictionary of {_leaf.Type} in encoding {raw.Header.Encoding}; PLAIN is read");
        }
        _budget.Take(3L * raw.Header.UncompressedLength, raw.Where);
        var bytes = ParquetCompression.Decode(_chunk.Codec, raw.Bytes, raw.Header.UncompressedLength, raw.Where);
        _dictionary = new ParquetDictionary(bytes, raw.Header.ValueCount, _leaf.Width, raw.Where);
    }
}
