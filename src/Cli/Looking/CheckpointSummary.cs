using System.Text.Json.Nodes;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Output;
using Ckpt.Formats.Tensors;

namespace Ckpt.Cli.Looking;

/// <summary>What a checkpoint is, in a page (CLI-7.2): format, sizes, the writing run's layout, config, common state. Pure.</summary>
static class CheckpointSummary
{
    /// <summary>The summary for programs.</summary>
    internal static JsonObject Json(ICheckpointReader checkpoint, JsonObject? config, ModelRecord? model = null)
    {
        var json = new JsonObject
        {
            ["format"] = checkpoint.Format,
            ["path"] = checkpoint.Path,
            ["files"] = new JsonObject { ["count"] = checkpoint.Files.Count, ["bytes"] = checkpoint.Files.Sum(f => f.Length) },
            ["tensors"] = TensorTotals.Of(checkpoint.Tensors).Json,
            ["boxes"] = checkpoint.Tensors.Sum(t => (long)t.Boxes.Count),
            ["objects"] = checkpoint.Objects.Count,
        };
        if (HasGrid(checkpoint)) { json["layout_guess"] = LayoutGuess.Of(checkpoint.Tensors, checkpoint.Files).Json; }
        if (model is not null) { json["model"] = model.Json; }
        json["config"] = config?.DeepClone();
        json["description"] = checkpoint.Describe();
        return json;
    }

    /// <summary>The summary for people.</summary>
    internal static IEnumerable<string> Lines(ICheckpointReader checkpoint, JsonObject? config, ModelRecord? model = null)
    {
        var totals = TensorTotals.Of(checkpoint.Tensors);
        yield return $"format    {checkpoint.Format}";
        yield return $"path      {checkpoint.Path}";
        yield return $"files     {checkpoint.Files.Count}, {ByteSize.Text(checkpoint.Files.Sum(f => f.Length))}";
        yield return $"tensors   {totals.All.Tensors}, {totals.All.Elements} elements, {ByteSize.Text(totals.All.Bytes)}";
        foreach (var line in totals.ByType) { yield return $"          {line.Text}"; }
        yield return $"boxes     {checkpoint.Tensors.Sum(t => (long)t.Boxes.Count)}";
        yield return $"objects   {checkpoint.Objects.Count}";
        if (HasGrid(checkpoint))
        {
            var guess = LayoutGuess.Of(checkpoint.Tensors, checkpoint.Files);
            yield return $"layout    looks like {Sizes(guess)}{(guess.Writers == 0 ? "" : $", written by {guess.Writers} {(guess.Writers == 1 ? "rank" : "ranks")}")} (a guess from the grid of boxes)";
            foreach (var evidence in guess.Evidence) { yield return $"          {evidence}"; }
        }
        foreach (var line in model?.Lines() ?? []) { yield return line; }
        if (config is not null)
        {
            yield return "config.json";
            yield return JsonText.Of(config);
        }
        yield return "description";
        yield return JsonText.Of(checkpoint.Describe());
    }

    // Only what many ranks write has a grid to look at.
    static bool HasGrid(ICheckpointReader checkpoint) =>
        checkpoint is Formats.Megatron.IMegatronReader || checkpoint.Format.StartsWith("torch_", StringComparison.Ordinal);

    static string Sizes(LayoutGuess guess)
    {
        (string Name, int? Size)[] all = [("TP", guess.Tensor), ("PP", guess.Pipeline), ("EP", guess.Expert), ("ETP", guess.ExpertTensor)];
        var known = all.Where(s => s.Size is not null).Select(s => $"{s.Name} {s.Size}").ToList();
        return known.Count == 0 ? "nothing in particular" : string.Join(", ", known);
    }
}
