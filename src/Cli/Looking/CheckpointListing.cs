using System.Globalization;
using System.Text.Json.Nodes;
using Ckpt.Cli.Flags;
using Ckpt.Formats.Tensors;

namespace Ckpt.Cli.Looking;

/// <summary>A checkpoint's tensors and objects as a table, for people and as JSON (CLI-7.1). Pure.</summary>
static class CheckpointListing
{
    /// <summary>The table: one row a tensor and an object, then totals.</summary>
    internal static IEnumerable<string> Lines(ICheckpointReader checkpoint, bool boxes)
    {
        var rows = new List<(string[] Cells, TensorInfo? Tensor)> { (["name", "type", "shape", "size", "boxes", "file"], null) };
        rows.AddRange(checkpoint.Tensors.Select(t => (Cells(checkpoint, t), (TensorInfo?)t)));
        rows.AddRange(checkpoint.Objects.Select(o => (Cells(checkpoint, o), (TensorInfo?)null)));

        var widths = Enumerable.Range(0, 6).Select(column => rows.Max(row => row.Cells[column].Length)).ToArray();
        foreach (var (cells, tensor) in rows)
        {
            yield return $"{cells[0].PadRight(widths[0])}  {cells[1].PadRight(widths[1])}  {cells[2].PadRight(widths[2])}  {cells[3].PadLeft(widths[3])}  {cells[4].PadLeft(widths[4])}  {cells[5]}";
            if (boxes && tensor is not null)
            {
                foreach (var box in tensor.Boxes) { yield return $"    {box.Box}  {checkpoint.Files[box.File].Path} @{box.Offset}+{box.Length}"; }
            }
        }

        yield return "";
        var totals = TensorTotals.Of(checkpoint.Tensors);
        foreach (var line in totals.ByType) { yield return line.Text; }
        if (checkpoint.Objects.Count > 0) { yield return $"objects: {checkpoint.Objects.Count}, {ByteSize.Text(checkpoint.Objects.Sum(o => o.Length))}"; }
        yield return $"{checkpoint.Format}: {totals.All.Tensors} tensors, {totals.All.Elements} elements, {ByteSize.Text(totals.All.Bytes)} in {checkpoint.Files.Count} {(checkpoint.Files.Count == 1 ? "file" : "files")}";
    }

    /// <summary>The same as JSON; sizes and offsets in bytes.</summary>
    internal static JsonObject Json(ICheckpointReader checkpoint, bool boxes) => new()
    {
        ["format"] = checkpoint.Format,
        ["path"] = checkpoint.Path,
        ["files"] = Array(checkpoint.Files.Select(f => new JsonObject { ["path"] = f.Path, ["bytes"] = f.Length })),
        ["tensors"] = Array(checkpoint.Tensors.Select(t => TensorJson(checkpoint, t, boxes))),
        ["objects"] = Array(checkpoint.Objects.Select(o => new JsonObject
        {
            ["name"] = o.Name,
            ["file"] = checkpoint.Files[o.File].Path,
            ["offset"] = o.Offset,
            ["bytes"] = o.Length,
        })),
        ["totals"] = TensorTotals.Of(checkpoint.Tensors).Json,
    };

    static JsonObject TensorJson(ICheckpointReader checkpoint, TensorInfo tensor, bool boxes)
    {
        var json = new JsonObject
        {
            ["name"] = tensor.Name,
            ["type"] = tensor.DType.DisplayName(),
            ["shape"] = Array(tensor.Shape.Dims),
            ["bytes"] = tensor.ByteLength,
            ["files"] = Array(FilesOf(checkpoint, tensor).Select(f => JsonValue.Create(f))),
        };
        json["boxes"] = !boxes ? tensor.Boxes.Count : Array(tensor.Boxes.Select(b => new JsonObject
        {
            ["start"] = Array(b.Box.Offset),
            ["size"] = Array(b.Box.Size),
            ["file"] = checkpoint.Files[b.File].Path,
            ["offset"] = b.Offset,
            ["bytes"] = b.Length,
        }));
        return json;
    }

    static string[] Cells(ICheckpointReader checkpoint, TensorInfo tensor)
    {
        var files = FilesOf(checkpoint, tensor);
        return
        [
            Printable(tensor.Name), tensor.DType.DisplayName(), tensor.Shape.ToString(), ByteSize.Text(tensor.ByteLength),
            tensor.Boxes.Count.ToString(CultureInfo.InvariantCulture),
            files.Count switch { 0 => "-", 1 => files[0], _ => $"{files[0]} and {files.Count - 1} more" },
        ];
    }

    static string[] Cells(ICheckpointReader checkpoint, ObjectInfo thing) =>
        [Printable(thing.Name), "object", "-", ByteSize.Text(thing.Length), "-", checkpoint.Files[thing.File].Path];

    static List<string> FilesOf(ICheckpointReader checkpoint, TensorInfo tensor) =>
        tensor.Boxes.Select(b => b.File).Distinct().Select(f => checkpoint.Files[f].Path).ToList();

    // A name from a file must not steer the terminal it is printed on.
    static string Printable(string name) => name.Any(char.IsControl) ? string.Concat(name.Select(c => char.IsControl(c) ? '\uFFFD' : c)) : name;

    static JsonArray Array(IEnumerable<JsonNode?> items) => new([.. items]);

    static JsonArray Array(ReadOnlySpan<long> numbers)
    {
        var array = new JsonArray();
        foreach (var number in numbers) { array.Add((JsonNode)number); }
        return array;
    }
}
