using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Ckpt.Data.Parquet;

/// <summary>Stored bytes as the JSON value they stand for (PQT-4.2).</summary>
static class ParquetText
{
    const long TicksInDay = TimeSpan.TicksPerDay;

    internal static JsonValue Value(ParquetField field, ReadOnlySpan<byte> bytes, string where) => field.Type switch
    {
        ParquetPhysical.Boolean => JsonValue.Create(bytes[0] != 0),
        ParquetPhysical.Int32 => Integer(field.Meaning, BinaryPrimitives.ReadInt32LittleEndian(bytes), unchecked((ulong)(uint)BinaryPrimitives.ReadInt32LittleEndian(bytes)), where),
        ParquetPhysical.Int64 => Integer(field.Meaning, BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes), where),
        ParquetPhysical.Int96 => Int96(bytes, where),
        ParquetPhysical.Float => JsonValue.Create((double)BinaryPrimitives.ReadSingleLittleEndian(bytes)),
        ParquetPhysical.Double => JsonValue.Create(BinaryPrimitives.ReadDoubleLittleEndian(bytes)),
        _ => Bytes(field.Meaning, bytes, where),
    };

    static JsonValue Integer(ParquetMeaning meaning, long value, ulong unsigned, string where) => meaning.Kind switch
    {
        ParquetMeaningKind.Plain => JsonValue.Create(value),
        ParquetMeaningKind.Unsigned => JsonValue.Create(unsigned),
        ParquetMeaningKind.Decimal => Decimal(value, meaning.Parameter, where),
        ParquetMeaningKind.Date => JsonValue.Create(Moment(value, 1, TicksInDay, where).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
        ParquetMeaningKind.Time => JsonValue.Create(Clock(value, meaning.Parameter, where)),
        ParquetMeaningKind.Timestamp => Timestamp(value, meaning, where),
        _ => throw Refused(meaning, where),
    };

    static JsonValue Bytes(ParquetMeaning meaning, ReadOnlySpan<byte> bytes, string where)
    {
        switch (meaning.Kind)
        {
            case ParquetMeaningKind.Text:
                return Utf8.IsValid(bytes) ? JsonValue.Create(Encoding.UTF8.GetString(bytes))
                    : throw new MalformedDataException("PQT-3.7", where, $"a text of {bytes.Length} bytes is not UTF-8");
            case ParquetMeaningKind.Plain:
                // Some writers do not annotate their texts; what is not text is passed on as what JSON can hold.
                return JsonValue.Create(Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Convert.ToBase64String(bytes));
            case ParquetMeaningKind.Decimal:
                return Decimal(new BigInteger(bytes, isUnsigned: false, isBigEndian: true), meaning.Parameter, where);
            case ParquetMeaningKind.Uuid when bytes.Length == 16:
                return JsonValue.Create(new Guid(bytes, bigEndian: true).ToString());
            case ParquetMeaningKind.Float16 when bytes.Length == 2:
                return JsonValue.Create((double)BinaryPrimitives.ReadHalfLittleEndian(bytes));
            default: throw Refused(meaning, where);
        }
    }

    static JsonValue Decimal(BigInteger digits, int scale, string where)
    {
        if (scale is < 0 or > 28 || BigInteger.Abs(digits) >= BigInteger.Pow(2, 96)) { throw new UnsupportedDataException("PQT-4.3", where, $"a decimal of scale {scale} beyond 28 digits"); }
        var value = (decimal)digits;
        for (var i = 0; i < scale; i++) { value /= 10; }
        return JsonValue.Create(value);
    }

    static JsonValue Timestamp(long value, ParquetMeaning meaning, string where) =>
        Iso(Moment(value, meaning.Parameter, TimeSpan.TicksPerSecond, where), meaning.IsUtc);

    // Impala's and Hive's timestamps: nanoseconds of the day, then the Julian day.
    static JsonValue Int96(ReadOnlySpan<byte> bytes, string where)
    {
        const int JulianDayOfEpoch = 2_440_588;
        var (nanoseconds, day) = (BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) - (long)JulianDayOfEpoch);
        var date = Moment(day, 1, TicksInDay, where);
        if (nanoseconds is < 0 or >= 86_400_000_000_000) { throw new MalformedDataException("PQT-3.7", where, $"{nanoseconds} nanoseconds of a day"); }
        return Iso(date.AddTicks(nanoseconds / 100), isUtc: false);
    }

    static JsonValue Iso(DateTime moment, bool isUtc) =>
        JsonValue.Create(moment.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture) + (isUtc ? "Z" : ""));

    static string Clock(long value, int unit, string where)
    {
        var ticks = (Int128)value * TimeSpan.TicksPerSecond / unit;
        return ticks >= 0 && ticks < TicksInDay ? new TimeOnly((long)ticks).ToString("HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture)
            : throw new MalformedDataException("PQT-3.7", where, $"{value} is no time of a day");
    }

    static DateTime Moment(long value, int unit, long ticksInUnit, string where)
    {
        var ticks = DateTime.UnixEpoch.Ticks + ((Int128)value * ticksInUnit / unit);
        return ticks >= 0 && ticks <= DateTime.MaxValue.Ticks ? new DateTime((long)ticks)
            : throw new MalformedDataException("PQT-3.7", where, $"{value} is no day between the years 1 and 9999");
    }

    static UnsupportedDataException Refused(ParquetMeaning meaning, string where) =>
        new("PQT-4.3", where, $"values of type {meaning.Kind}{(meaning.Kind == ParquetMeaningKind.Unknown ? $" {meaning.Parameter}" : "")} are not read");
}
