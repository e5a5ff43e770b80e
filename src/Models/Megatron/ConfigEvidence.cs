using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Ckpt.Formats;

namespace Ckpt.Models.Megatron;

/// <summary>Collects the values of a rebuilt config with what told them; two tellers that differ are an error.</summary>
sealed class ConfigEvidence(string where)
{
    readonly SortedDictionary<string, JsonNode?> _values = new(StringComparer.Ordinal);
    readonly List<string> _sources = [];

    internal RebuiltConfig Finish()
    {
        var json = new JsonObject();
        foreach (var (key, value) in _values) { json.Add(key, value); }
        return new RebuiltConfig(json, _sources);
    }

    internal bool Has(string key) => _values.ContainsKey(key);

    internal void Set(string key, JsonNode? value, string source)
    {
        _values[key] = value;
        _sources.Add($"{key} is {value?.ToJsonString() ?? "null"}: {source}.");
    }

    internal void Note(string sentence) => _sources.Add(sentence);

    /// <summary>A value that both the shapes and the arguments may tell; at least one must.</summary>
    internal long Agree(string key, (string Source, long Value)? shapes, string arg, long? args)
    {
        if (shapes is { } told && args is { } said && told.Value != said) { Throw.Contradiction(where, key, told.Source, told.Value, arg, said); }
        var value = shapes?.Value ?? args ?? Throw.Unknown(where, key, arg);
        Set(key, value, (shapes, args) switch
        {
            ({ } from, { }) => $"{from.Source} and args.{arg} say so",
            ({ } from, null) => $"{from.Source} says so",
            _ => $"args.{arg} says so",
        });
        return value;
    }

    /// <summary>A yes or no that the names tell; the arguments may only agree.</summary>
    internal bool Agree(string key, bool told, string source, string arg, bool? args)
    {
        if (args is { } said && said != told) { Throw.Contradiction(where, key, source, told, arg, said); }
        Set(key, told, args is null ? source : $"{source}, and args.{arg} agrees");
        return told;
    }

    internal void Contradict(string key, string source, object told, string arg, object said) => Throw.Contradiction(where, key, source, told, arg, said);

    static class Throw
    {
        [DoesNotReturn]
        internal static void Contradiction(string where, string key, string source, object told, string arg, object said) => throw new MalformedCheckpointException(
            "CFG-5.2", where, $"{key} is {told} by {source}, {said} by args.{arg}");

        [DoesNotReturn]
        internal static long Unknown(string where, string key, string arg) => throw new MalformedCheckpointException(
            "CFG-5.3", where, $"{key} is told neither by args.{arg} nor by the shape of any tensor");
    }
}
