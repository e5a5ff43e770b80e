using System.Text.Json.Nodes;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Zarr;

/// <summary>
/// Lays out tensors as zarr arrays in a group: a folder each, a file for each box, or for several where shards are asked for. The boxes of each
/// target are a regular grid (<see cref="ZarrGrid"/>). Root metadata comes last.
/// </summary>
public sealed class ZarrWriter(ZarrWriterOptions options) : ICheckpointWriter
{
    public string Format => "zarr";

    public CheckpointLayout LayOut(IReadOnlyList<TensorTarget> targets)
    {
        options.Check();
        ZarrEncoder.CheckLibraries(options.Codecs);
        ZarrNames.Check(targets, [ZarrArray.V3Name, ".zgroup", ".zmetadata"]);
        var isV2 = options.Version == ZarrVersion.V2;
        var files = new List<FileLayout>();
        var nodes = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        for (var t = 0; t < targets.Count; t++)
        {
            var array = ZarrArrayLayout.ArrayOf(targets[t], options);
            var text = isV2 ? ZarrArrayText.V2(array, megatron: false) : ZarrArrayText.V3(array);
            nodes.Add(targets[t].Name, text);
            files.AddRange(ZarrArrayLayout.Chunks(t, targets[t], array, targets[t].Name));
            files.Add(ZarrArrayLayout.Whole($"{targets[t].Name}/{(isV2 ? ZarrArray.V2Name : ZarrArray.V3Name)}", ZarrArrayText.Text(text, isV2 ? 4 : 2)));
        }
        foreach (var group in Groups(targets))
        {
            nodes.Add(group, Group());
            files.Add(ZarrArrayLayout.Whole($"{group}/{(isV2 ? ".zgroup" : ZarrArray.V3Name)}", ZarrArrayText.Text(Group(), isV2 ? 4 : 2)));
        }
        return new CheckpointLayout(targets, files, isV2 ? RootV2(nodes) : RootV3(nodes));
    }

    JsonObject Group() => options.Version == ZarrVersion.V2 ? new JsonObject { ["zarr_format"] = 2 } : ZarrArrayText.GroupV3();

    List<SmallFile> RootV2(SortedDictionary<string, JsonObject> nodes)
    {
        var closing = new List<SmallFile>();
        if (options.Consolidated)
        {
            var all = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal) { [".zgroup"] = Group() };
            foreach (var (name, node) in nodes) { all.Add($"{name}/{(node.ContainsKey("dtype") ? ZarrArray.V2Name : ".zgroup")}", node); }
            var metadata = new JsonObject(all.Select(static n => KeyValuePair.Create(n.Key, (JsonNode?)n.Value)));
            closing.Add(new SmallFile(".zmetadata", ZarrArrayText.Text(new JsonObject { ["metadata"] = metadata, ["zarr_consolidated_format"] = 1 }, 4)));
        }
        closing.Add(new SmallFile(".zgroup", ZarrArrayText.Text(Group(), 4)));
        return closing;
    }

    List<SmallFile> RootV3(SortedDictionary<string, JsonObject> nodes)
    {
        var root = Group();
        if (options.Consolidated)
        {
            root["consolidated_metadata"] = new JsonObject
            {
                ["kind"] = "inline",
                ["must_understand"] = false,
                ["metadata"] = new JsonObject(nodes.Select(static n => KeyValuePair.Create(n.Key, (JsonNode?)n.Value))),
            };
        }
        return [new SmallFile(ZarrArray.V3Name, ZarrArrayText.Text(root, 2))];
    }

    /// <summary>The folders between the root and arrays.</summary>
    static SortedSet<string> Groups(IReadOnlyList<TensorTarget> targets)
    {
        var groups = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var target in targets)
        {
            for (var end = target.Name.LastIndexOf('/'); end > 0; end = target.Name.LastIndexOf('/', end - 1)) { groups.Add(target.Name[..end]); }
        }
        return groups;
    }
}
