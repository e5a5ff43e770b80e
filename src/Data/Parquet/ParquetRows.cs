using System.Text.Json.Nodes;
using Ckpt.Data.IO;

namespace Ckpt.Data.Parquet;

/// <summary>Puts the rows of a row group together from its columns, by the levels of each value (Dremel's assembly).</summary>
sealed class ParquetRows(IReadOnlyList<ParquetField> fields, ParquetColumn?[] columns, string where)
{
    long _cost;

    /// <summary>The next row.</summary>
    internal JsonObject Next(long row)
    {
        _cost = 0;
        var result = new JsonObject();
        foreach (var field in fields) { result[field.Name] = Field(field, 0, $"row {row}"); }
        return result;
    }

    /// <summary>All columns must end with the last row.</summary>
    internal void End(long rows)
    {
        foreach (var column in columns)
        {
            if (column is { IsAtEnd: false }) { throw new MalformedDataException("PQT-3.6", column.Where, $"there are values behind the last of the {rows} rows of the row group"); }
        }
    }

    JsonNode? Field(ParquetField field, int repetition, string place)
    {
        if (field.Repetition != ParquetRepetition.Repeated)
        {
            if (field.Repetition == ParquetRepetition.Optional && Peek(field).Definition < field.Definition) { return Absent(field, repetition, place); }
            return Content(field, repetition, place);
        }
        return List(field, field, repetition, place);
    }

    JsonArray List(ParquetField repeated, ParquetField element, int repetition, string place)
    {
        var list = new JsonArray();
        if (Peek(repeated).Definition < repeated.Definition)
        {
            Absent(repeated, repetition, place);
            return list;
        }
        do
        {
            // The element of a three-level list is the field inside the repeated group; otherwise it is the repeated field itself.
            list.Add(ReferenceEquals(repeated, element) ? Content(element, repetition, place) : Field(element, repetition, place));
            repetition = repeated.RepetitionLevel;
        }
        while (columns[repeated.FirstLeaf] is { IsAtEnd: false } next && next.Repetition == repetition);
        return list;
    }

    JsonNode? Content(ParquetField field, int repetition, string place)
    {
        if (field.IsLeaf) { return Leaf(field, repetition, place); }
        if (field.Children is [{ Repetition: ParquetRepetition.Repeated } only])
        {
            if (field.Meaning.Kind == ParquetMeaningKind.List) { return List(only, ElementOf(field, only), repetition, place); }
            if (field.Meaning.Kind == ParquetMeaningKind.Map && only.Children is [{ Meaning.Kind: ParquetMeaningKind.Text }, _]) { return Map(only, repetition, place); }
        }
        Spend(0, place);
        var group = new JsonObject();
        foreach (var child in field.Children) { group[child.Name] = Field(child, repetition, place); }
        return group;
    }

    // Backward compatibility rules of LogicalTypes.md: only a group of one field, under a name that no old writer used, is a wrapper.
    static ParquetField ElementOf(ParquetField list, ParquetField repeated) =>
        repeated is { IsLeaf: false, Children: [var inner] } && repeated.Name != "array" && repeated.Name != list.Name + "_tuple"
            && inner.Repetition != ParquetRepetition.Repeated ? inner : repeated;

    JsonObject Map(ParquetField pair, int repetition, string place)
    {
        var map = new JsonObject();
        foreach (var entry in List(pair, pair, repetition, place))
        {
            var value = entry![pair.Children[1].Name];
            map[entry[pair.Children[0].Name]?.GetValue<string>() ?? ""] = value?.DeepClone();
        }
        return map;
    }

    JsonValue Leaf(ParquetField field, int repetition, string place)
    {
        var column = columns[field.FirstLeaf]!;
        Check(column, repetition, place);
        if (column.Definition != field.Definition) { throw Disagree(column, $"definition level {column.Definition}", place); }
        var bytes = column.Take();
        Spend(bytes.Length, place);
        var value = ParquetText.Value(field, bytes, column.Where);
        column.Advance();
        return value;
    }

    JsonNode? Absent(ParquetField field, int repetition, string place)
    {
        for (var i = field.FirstLeaf; i < field.LeafEnd; i++)
        {
            var column = columns[i]!;
            Check(column, repetition, place);
            // The field may be absent, what it lies in is there.
            if (column.Definition < field.Definition - 1) { throw Disagree(column, $"nothing around {Named.Text(field.Name)}, where another column has something", place); }
            if (column.Definition >= field.Definition) { throw Disagree(column, $"a value inside {Named.Text(field.Name)}, which another column says is absent", place); }
            column.Advance();
        }
        Spend(0, place);
        return null;
    }

    ParquetColumn Peek(ParquetField field)
    {
        var column = columns[field.FirstLeaf]!;
        return column.IsAtEnd ? throw new MalformedDataException("PQT-3.6", column.Where, "the column ends before the last row") : column;
    }

    static void Check(ParquetColumn column, int repetition, string place)
    {
        if (column.IsAtEnd) { throw new MalformedDataException("PQT-3.6", column.Where, $"the column ends before {place}"); }
        if (column.Repetition != repetition) { throw Disagree(column, $"repetition level {column.Repetition} where others have {repetition}", place); }
    }

    void Spend(int bytes, string place)
    {
        _cost += bytes + ParquetLimits.Value;
        if (_cost > ParquetLimits.Row) { throw new UnsupportedDataException("PQT-1.5", $"{where}: {place}", $"the row takes more than {ParquetLimits.Row} bytes"); }
    }

    static MalformedDataException Disagree(ParquetColumn column, string what, string place) => new("PQT-3.6", $"{column.Where}, {place}", what);
}
