using System.Text;
using Ckpt.Data.IO;

namespace Ckpt.Data.Parquet;

/// <summary>Reads the schema of a footer: a tree written as a list, parents before children.</summary>
static class ParquetSchemaParser
{
    // A list of structs of lists takes two levels each; real schemas stay under ten.
    const int Deepest = 48;

    /// <summary>The element at the cursor, inside a list of structs.</summary>
    internal static ParquetSchemaElement Element(ref ThriftCursor cursor)
    {
        var (name, repetition, type, length, children) = ("", 0, (int?)null, 0, 0);
        var (converted, scale, logical) = (-1, 0, default(ParquetMeaning?));
        for (var id = 0; cursor.Field(ref id, out var field);)
        {
            switch (id)
            {
                case 1: type = cursor.Int32(field); break;
                case 2: length = cursor.Int32(field); break;
                case 3: repetition = cursor.Int32(field); break;
                case 4: name = Encoding.UTF8.GetString(cursor.Binary(field)); break;
                case 5: children = cursor.Int32(field); break;
                case 6: converted = cursor.Int32(field); break;
                case 7: scale = cursor.Int32(field); break;
                case 10: logical = Logical(ref cursor, field); break;
                default: cursor.Skip(field); break;
            }
        }
        return new ParquetSchemaElement(name, repetition, type, length, children, logical ?? Converted(converted, scale));
    }

    /// <summary>The tree that the elements stand for, and its leaves.</summary>
    internal static ParquetField Tree(IReadOnlyList<ParquetSchemaElement> elements, List<ParquetField> leaves, string where)
    {
        if (elements.Count == 0) { throw new MalformedDataException("PQT-2.1", where, "the schema is empty"); }
        var next = 0;
        var root = Node(elements, ref next, leaves, 0, 0, 0, where);
        if (next != elements.Count) { throw new MalformedDataException("PQT-2.1", where, $"the schema has {elements.Count} elements, its tree {next}"); }
        return leaves.Count > 0 ? root : throw new MalformedDataException("PQT-2.1", where, "the schema has no column");
    }

    static ParquetField Node(IReadOnlyList<ParquetSchemaElement> elements, ref int next, List<ParquetField> leaves, int definition, int repetition, int depth, string where)
    {
        if (next >= elements.Count || depth > Deepest)
        {
            throw new MalformedDataException("PQT-2.1", where, depth > Deepest ? $"the schema nests deeper than {Deepest}" : $"the schema's tree wants more than its {elements.Count} elements");
        }
        var element = elements[next++];
        var occurs = depth == 0 ? 0 : element.Repetition;
        if (occurs is < 0 or > 2 || element.Type is < 0 or > 7 || element.Children < 0 || element.TypeLength < 0)
        {
            throw new MalformedDataException("PQT-2.1", where, $"schema element {next - 1}: repetition {occurs}, type {element.Type}, length {element.TypeLength}, {element.Children} children");
        }
        definition += occurs == 0 ? 0 : 1;
        repetition += occurs == 2 ? 1 : 0;
        var first = leaves.Count;
        var isLeaf = element.Children == 0 && element.Type is not null;
        if (element.Type == (int)ParquetPhysical.FixedLengthByteArray && isLeaf && element.TypeLength == 0)
        {
            throw new MalformedDataException("PQT-2.1", where, $"schema element {next - 1} is of fixed length, which is 0");
        }
        var node = new ParquetField(element.Name, (ParquetRepetition)occurs, isLeaf ? (ParquetPhysical)element.Type!.Value : null, element.TypeLength, element.Meaning)
        {
            Definition = definition,
            RepetitionLevel = repetition,
            FirstLeaf = first,
            LeafEnd = first + 1,
        };
        if (isLeaf)
        {
            leaves.Add(node);
            return node;
        }
        // What says how many elements there are is their list, so a count beyond it ends above, after at most that many.
        var children = new List<ParquetField>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < element.Children; i++)
        {
            children.Add(Node(elements, ref next, leaves, definition, repetition, depth + 1, where));
            if (!names.Add(children[^1].Name)) { throw new MalformedDataException("PQT-2.1", where, $"field {Named.Text(children[^1].Name)} stands twice in one group"); }
        }
        // A group without columns has no levels to say whether it is there.
        if (leaves.Count == first) { throw new MalformedDataException("PQT-2.1", where, $"group {Named.Text(element.Name)} has no column"); }
        return node with { Children = children, LeafEnd = leaves.Count };
    }

    // LogicalType of parquet.thrift: a union, the field that is set says which.
    static ParquetMeaning? Logical(ref ThriftCursor cursor, ThriftType type)
    {
        cursor.Struct(type);
        ParquetMeaning? meaning = null;
        for (var id = 0; cursor.Field(ref id, out var field);)
        {
            if (id is 5 or 7 or 8 or 10)
            {
                cursor.Struct(field);
                meaning = Parameters(ref cursor, id);
                continue;
            }
            cursor.Skip(field);
            meaning = id switch
            {
                1 or 4 or 12 => new(ParquetMeaningKind.Text),
                2 => new(ParquetMeaningKind.Map),
                3 => new(ParquetMeaningKind.List),
                6 => new(ParquetMeaningKind.Date),
                11 => new(ParquetMeaningKind.Plain), // always null
                13 => new(ParquetMeaningKind.Bson),
                14 => new(ParquetMeaningKind.Uuid),
                15 => new(ParquetMeaningKind.Float16),
                _ => new(ParquetMeaningKind.Unknown, id),
            };
        }
        return meaning;
    }

    // 5 DECIMAL {1 scale}, 7 TIME and 8 TIMESTAMP {1 adjusted to UTC, 2 unit}, 10 INTEGER {1 bits, 2 signed}.
    static ParquetMeaning Parameters(ref ThriftCursor cursor, int union)
    {
        var (number, flag, unit) = (0, false, 1_000);
        for (var id = 0; cursor.Field(ref id, out var field);)
        {
            if (field is ThriftType.True or ThriftType.False) { flag = field == ThriftType.True; }
            else if (id == 1) { number = cursor.Int32(field); }
            else if (id == 2 && union is 7 or 8 && field == ThriftType.Struct) { unit = Unit(ref cursor); }
            else { cursor.Skip(field); }
        }
        return union switch
        {
            5 => new(ParquetMeaningKind.Decimal, number),
            7 => new(ParquetMeaningKind.Time, unit),
            8 => new(ParquetMeaningKind.Timestamp, unit, flag),
            _ => new(flag ? ParquetMeaningKind.Plain : ParquetMeaningKind.Unsigned),
        };
    }

    static int Unit(ref ThriftCursor cursor)
    {
        var unit = 1_000;
        for (var id = 0; cursor.Field(ref id, out var field);)
        {
            cursor.Skip(field);
            unit = id switch { 2 => 1_000_000, 3 => 1_000_000_000, _ => 1_000 };
        }
        return unit;
    }

    // ConvertedType of parquet.thrift, which older writers leave alone.
    static ParquetMeaning Converted(int type, int scale) => type switch
    {
        -1 or (>= 15 and <= 18) => new(ParquetMeaningKind.Plain),
        0 or 4 or 19 => new(ParquetMeaningKind.Text),
        1 or 2 => new(ParquetMeaningKind.Map),
        3 => new(ParquetMeaningKind.List),
        5 => new(ParquetMeaningKind.Decimal, scale),
        6 => new(ParquetMeaningKind.Date),
        7 => new(ParquetMeaningKind.Time, 1_000),
        8 => new(ParquetMeaningKind.Time, 1_000_000),
        9 => new(ParquetMeaningKind.Timestamp, 1_000, IsUtc: true),
        10 => new(ParquetMeaningKind.Timestamp, 1_000_000, IsUtc: true),
        >= 11 and <= 14 => new(ParquetMeaningKind.Unsigned),
        20 => new(ParquetMeaningKind.Bson),
        21 => new(ParquetMeaningKind.Interval),
        _ => new(ParquetMeaningKind.Unknown, type),
    };
}
