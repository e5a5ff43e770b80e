using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Torch;

/// <summary>Says a pickle's value as JSON for people: what is nested too deep, refers back to itself or is too much becomes "…".</summary>
public sealed class PickleJson
{
    const int Depth = 48;
    const int Nodes = 200_000;
    const string More = "…";

    readonly HashSet<PickleNode> _path = new(ReferenceEqualityComparer.Instance);
    int _said;

    PickleJson() { }

    /// <summary>The value as JSON.</summary>
    public static JsonNode? Say(PickleNode node) => new PickleJson().Value(node);

    JsonNode? Value(PickleNode node)
    {
        if (++_said > Nodes || _path.Count >= Depth || !_path.Add(node)) { return More; }
        try { return TorchTensor.IsTensor(node) ? Tensor(node) : Plain(node); }
        finally { _path.Remove(node); }
    }

    JsonNode? Plain(PickleNode node) => node switch
    {
        PickleNone => null,
        PickleBool boolean => boolean.Value,
        PickleInt integer => Number(integer.Value),
        PickleFloat real => double.IsFinite(real.Value) ? real.Value : real.Value.ToString(CultureInfo.InvariantCulture),
        PickleString text => PickleText.Showable(text.Value),
        PickleBytes bytes => new JsonObject { ["bytes"] = bytes.Value.Length },
        PickleByteArray bytes => new JsonObject { ["bytes"] = bytes.Value.Length },
        PickleTuple tuple => Array(tuple.Items),
        PickleList list => Array(list.Items),
        PickleSet set => Array(set.Items),
        PickleDict dict => Entries(dict.Items),
        PickleGlobal global => PickleText.Showable(global.FullName),
        PicklePersistentId reference => new JsonObject { ["reference"] = Value(reference.Id) },
        PickleObject made => Object(made),
        _ => "(skipped)",
    };

    static JsonNode Number(BigInteger value) =>
        value >= long.MinValue && value <= long.MaxValue ? (long)value : value.ToString(CultureInfo.InvariantCulture);

    JsonArray Array(IReadOnlyList<PickleNode> items)
    {
        var array = new JsonArray();
        foreach (var item in items)
        {
            if (_said > Nodes) { array.Add(More); break; }
            array.Add(Value(item));
        }
        return array;
    }

    JsonNode Entries(List<KeyValuePair<PickleNode, PickleNode>> entries)
    {
        var said = new JsonObject();
        foreach (var (key, value) in entries)
        {
            var name = key switch
            {
                PickleString text => PickleText.Showable(text.Value),
                PickleInt integer => integer.Value.ToString(CultureInfo.InvariantCulture),
                _ => null,
            };
            if (name is null) { return Pairs(entries); }
            if (_said > Nodes) { said[More] = More; break; }
            said[name] = Value(value);
        }
        return said;
    }

    JsonArray Pairs(List<KeyValuePair<PickleNode, PickleNode>> entries)
    {
        var said = new JsonArray();
        foreach (var (key, value) in entries)
        {
            if (_said > Nodes) { said.Add(More); break; }
            said.Add(new JsonArray(Value(key), Value(value)));
        }
        return said;
    }

    static JsonObject Tensor(PickleNode node)
    {
        try
        {
            var tensor = TorchTensor.Read(node, "pickle");
            return new JsonObject
            {
                ["tensor"] = new JsonObject
                {
                    ["dtype"] = tensor.DType.DisplayName(),
                    ["shape"] = new JsonArray([.. tensor.Shape.ToArray().Select(size => (JsonNode)size)]),
                },
            };
        }
        catch (CheckpointException unreadable)
        {
            // Showing is not reading: what the tensor is will be said by whoever reads it.
            return new JsonObject { ["tensor"] = unreadable.Message };
        }
    }

    JsonNode? Object(PickleObject made)
    {
        var args = (made.Args as PickleTuple)?.Items ?? [];
        switch (made.ClassName)
        {
            case "argparse.Namespace" or "types.SimpleNamespace": return made.Attributes is { } attributes ? Entries(attributes.Items) : new JsonObject();
            case "collections.OrderedDict": return Entries(made.DictItems);
            case "torch.Size" or "__builtin__.set" or "__builtin__.frozenset" or "builtins.set" or "builtins.frozenset" when args.Count == 1:
                return Value(args[0]);
            case "torch.device" when args.Count > 0:
                return string.Join(":", args.Select(part => Value(part)?.ToString() ?? ""));
            case "pathlib.PosixPath" or "pathlib._local.PosixPath" or "pathlib.PurePosixPath": return TorchPath.Text(args);
            default: return Unknown(made);
        }
    }

    JsonObject Unknown(PickleObject made)
    {
        var said = new JsonObject { ["class"] = made.ClassName is { } name ? PickleText.Showable(name) : Value(made.Callable) };
        if (made.Args is not PickleTuple { Items.Count: 0 }) { said["args"] = Value(made.Args); }
        if (made.KeywordArgs is { } keywords) { said["keywords"] = Value(keywords); }
        if (made.ListItems.Count > 0) { said["items"] = Array(made.ListItems); }
        if (made.DictItems.Count > 0) { said["entries"] = Entries(made.DictItems); }
        if (made.States.Count == 1) { said["state"] = Value(made.States[0]); }
        else if (made.States.Count > 1) { said["states"] = Array(made.States); }
        return said;
    }
}
