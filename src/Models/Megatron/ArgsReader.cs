using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Torch;

namespace Ckpt.Models.Megatron;

/// <summary>Reads typed attributes of the <c>args</c> in a checkpoint's common state; None counts as absent.</summary>
sealed class ArgsReader
{
    readonly PickleDict _attributes;

    internal ArgsReader(PickleDict common, string where)
    {
        Where = where;
        _attributes = common.Find("args") switch
        {
            PickleObject { ClassName: "argparse.Namespace" or "types.SimpleNamespace", Attributes: { } attributes } => attributes,
            PickleDict dict => dict,
            null or PickleNone => new PickleDict(),
            var other => Throw.NotArgs(where, other),
        };
    }

    internal string Where { get; }

    internal PickleNode? Find(string name) => _attributes.Find(name) is { } node and not PickleNone ? node : null;

    internal long? Size(string name)
    {
        if (Find(name) is not { } node) { return null; }
        return node is PickleInt number && number.Value >= 0 && number.Value <= int.MaxValue ? (long)number.Value : Throw.WrongType<long>(Where, name, node, "an int from 0 to 2147483647");
    }

    internal double? Number(string name) => Find(name) switch
    {
        null => null,
        PickleInt number when double.IsFinite((double)number.Value) => (double)number.Value,
        PickleFloat number when double.IsFinite(number.Value) => number.Value,
        var other => Throw.WrongType<double>(Where, name, other, "a finite number"),
    };

    internal bool? Flag(string name) => Find(name) switch
    {
        null => null,
        PickleBool flag => flag.Value,
        var other => Throw.WrongType<bool>(Where, name, other, "True or False"),
    };

    internal string? Text(string name) => Find(name) switch
    {
        null => null,
        PickleString text => text.Value,
        var other => Throw.WrongType<string>(Where, name, other, "a str"),
    };

    /// <summary>A dict of plain values, as JSON has them; anything deeper than a list in it is refused.</summary>
    internal JsonObject? Plain(string name)
    {
        if (Find(name) is not { } node) { return null; }
        if (node is not PickleDict dict) { return Throw.WrongType<JsonObject>(Where, name, node, "a dict"); }
        var json = new JsonObject();
        foreach (var (key, value) in dict.Items)
        {
            if (key is not PickleString text) { return Throw.WrongType<JsonObject>(Where, name, key, "a dict with keys of type str"); }
            json[text.Value] = value is PickleList list ? new JsonArray([.. list.Items.Select(item => Scalar(name, item))]) : Scalar(name, value);
        }
        return json;
    }

    JsonValue? Scalar(string name, PickleNode node) => node switch
    {
        PickleNone => null,
        PickleBool flag => JsonValue.Create(flag.Value),
        PickleString text => JsonValue.Create(text.Value),
        PickleInt number when number.Value >= long.MinValue && number.Value <= long.MaxValue => JsonValue.Create((long)number.Value),
        PickleFloat number when double.IsFinite(number.Value) => JsonValue.Create(number.Value),
        _ => Throw.WrongType<JsonValue>(Where, name, node, "a dict of plain values"),
    };

    static class Throw
    {
        [DoesNotReturn]
        internal static PickleDict NotArgs(string where, PickleNode found) => throw new MalformedCheckpointException(
            "CFG-5.1", where, $"args is {Kind(found)}, allowed are an argparse.Namespace, a SimpleNamespace or a dict");

        [DoesNotReturn]
        internal static T WrongType<T>(string where, string name, PickleNode found, string allowed) => throw new MalformedCheckpointException(
            "CFG-5.1", where, $"args.{name} is {Kind(found)}, allowed is {allowed}");

        static string Kind(PickleNode node) => node switch
        {
            PickleInt => "an int out of range",
            PickleObject made => $"an object of {made.ClassName ?? "no known class"}",
            _ => $"a {node.GetType().Name["Pickle".Length..].ToLowerInvariant()}",
        };
    }
}
