using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Formats;

namespace Ckpt.Models.Configs;

/// <summary>
/// Reads typed values out of one config.json object, and where it lacks a key out of the objects around it; a value that is null counts as absent.
/// </summary>
sealed class ConfigReader(JsonElement json, string where, ConfigReader? outer = null)
{
    /// <summary>The largest size of anything; keeps all products of two sizes inside 62 bits.</summary>
    internal const long MaxSize = int.MaxValue;

    internal string Where => where;

    /// <summary>A copy of the object that can be changed.</summary>
    internal JsonObject ToNode() => JsonObject.Create(json)!;

    /// <summary>The object's own keys.</summary>
    internal IEnumerable<string> Keys => json.EnumerateObject().Select(static property => property.Name);

    /// <summary>Whether the key is there, if only with null.</summary>
    internal bool Has(string key) => json.TryGetProperty(key, out _) || outer?.Has(key) == true;

    /// <summary>What each object says, from this one outwards; those that say nothing are left out.</summary>
    internal IEnumerable<bool> Flags(string key)
    {
        for (var (reader, around) = (this, outer); reader is not null; (reader, around) = (around, around?.Outer))
        {
            if (new ConfigReader(reader.Json, reader.Where).OptionalFlag(key) is { } said) { yield return said; }
        }
    }

    /// <summary>A reader of an inner object, with this around it; this one where there is no such object.</summary>
    internal ConfigReader Inside(string key)
    {
        if (Element(key) is not { } element) { return this; }
        if (element.ValueKind != JsonValueKind.Object) { Throw.WrongType(where, key, element, "an object"); }
        return new ConfigReader(element, where, this);
    }

    ConfigReader? Outer => outer;

    JsonElement Json => json;

    internal long Size(params IReadOnlyList<string> keys) => OptionalSize(keys) ?? Throw.Missing(where, keys);

    internal long? OptionalSize(params IReadOnlyList<string> keys) => OptionalCount(1, keys);

    internal long? OptionalCount(long least, params IReadOnlyList<string> keys)
    {
        long? found = null;
        var foundKey = "";
        foreach (var key in keys)
        {
            if (Element(key) is not { } element) { continue; }
            var value = element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var number) ? number : Throw.WrongType<long>(where, key, element, "an integer");
            if (value < least || value > MaxSize) { Throw.OutOfRange(where, key, value, least); }
            if (found is { } before && before != value) { Throw.TwoValues(where, foundKey, before, key, value); }
            (found, foundKey) = (value, key);
        }
        return found;
    }

    internal bool? OptionalFlag(string key)
    {
        if (Element(key) is not { } element) { return null; }
        if (element.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) { Throw.WrongType(where, key, element, "true or false"); }
        return element.ValueKind == JsonValueKind.True;
    }

    internal double? OptionalPositive(string key)
    {
        if (Element(key) is not { } element) { return null; }
        var value = element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var number) ? number : Throw.WrongType<double>(where, key, element, "a number");
        if (!(value > 0) || double.IsInfinity(value)) { Throw.NotPositive(where, key, element); }
        return value;
    }

    internal string? OptionalText(string key)
    {
        if (Element(key) is not { } element) { return null; }
        if (element.ValueKind != JsonValueKind.String) { Throw.WrongType(where, key, element, "a string"); }
        return element.GetString();
    }

    internal IReadOnlyList<string> Texts(string key) =>
        Items(key, "a list of strings").Select(element => element.ValueKind == JsonValueKind.String ? element.GetString()! : Throw.WrongType<string>(where, key, element, "a list of strings")).ToArray();

    /// <summary>The same, but a list that is no list of strings counts as absent: the key is read for its usual values only.</summary>
    internal IReadOnlyList<string> OptionalTexts(string key) =>
        Element(key) is { ValueKind: JsonValueKind.Array } list && list.EnumerateArray().All(element => element.ValueKind == JsonValueKind.String) ? Texts(key) : [];

    internal IReadOnlyList<int> Indices(string key) =>
        Items(key, "a list of layer indices").Select(element => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var value) && value >= 0
            ? value : Throw.WrongType<int>(where, key, element, "a list of layer indices")).ToArray();

    /// <summary>A list of numbers from 0 on; null where the key is absent or holds no list.</summary>
    internal IReadOnlyList<int>? OptionalList(string key) => Element(key) is { ValueKind: JsonValueKind.Array } ? Indices(key) : null;

    internal ConfigReader? OptionalObject(string key)
    {
        if (Element(key) is not { } element) { return null; }
        if (element.ValueKind != JsonValueKind.Object) { Throw.WrongType(where, key, element, "an object"); }
        return new ConfigReader(element, $"{where}, {key}");
    }

    JsonElement.ArrayEnumerator Items(string key, string allowed)
    {
        if (Element(key) is not { } element) { return default; }
        if (element.ValueKind != JsonValueKind.Array) { Throw.WrongType(where, key, element, allowed); }
        return element.EnumerateArray();
    }

    JsonElement? Element(string key) =>
        json.TryGetProperty(key, out var element) && element.ValueKind != JsonValueKind.Null ? element : outer?.Element(key);

    static class Throw
    {
        [DoesNotReturn]
        internal static long Missing(string where, IReadOnlyList<string> keys) => throw new MalformedCheckpointException(
            "CFG-1.3", where, $"key {string.Join(" or ", keys)} is missing; it is needed to know the shapes of the tensors");

        [DoesNotReturn]
        internal static void WrongType(string where, string key, JsonElement found, string allowed) => WrongType<int>(where, key, found, allowed);

        [DoesNotReturn]
        internal static T WrongType<T>(string where, string key, JsonElement found, string allowed) => throw new MalformedCheckpointException(
            "CFG-1.4", where, $"{key} is {Brief(found)}, allowed is {allowed}");

        [DoesNotReturn]
        internal static void OutOfRange(string where, string key, long found, long least) => throw new MalformedCheckpointException(
            "CFG-1.5", where, $"{key} is {found}, allowed are {least} to {MaxSize}");

        [DoesNotReturn]
        internal static void NotPositive(string where, string key, JsonElement found) => throw new MalformedCheckpointException(
            "CFG-1.5", where, $"{key} is {Brief(found)}, allowed are finite numbers above 0");

        [DoesNotReturn]
        internal static void TwoValues(string where, string first, long firstValue, string second, long secondValue) => throw new MalformedCheckpointException(
            "CFG-2.4", where, $"{first} is {firstValue} but {second} is {secondValue}; both name the same number");

        static string Brief(JsonElement found)
        {
            var text = found.GetRawText();
            return text.Length <= 60 ? text : $"{text[..60]}…";
        }
    }
}
