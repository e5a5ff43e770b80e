using System.Text.Json.Nodes;
using Ckpt.Cli.Comparing;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Output;
using Ckpt.Cli.Running;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Comparing;
using Ckpt.Verify.Fingerprints;

namespace Ckpt.Cli.Commands;

/// <summary><c>ckpt fingerprint</c>: a hash of the weights that is the same in every format and layout.</summary>
sealed class FingerprintCommand : ICommand
{
    static readonly FlagSpec s_check = new("check", FlagKind.Text, "the fingerprint it should have, or the receipt (ckpt.json, or its folder) of a conversion that it should be source or output of; exit code 1 where it has another");
    static readonly FlagSpec s_tensors = new("tensors", FlagKind.Bool, "list the hash of every tensor");
    static readonly FlagSpec s_stored = new("as_stored", FlagKind.Bool, "take all tensors under their own names, where it is no model or is quantised");

    public string Name => "fingerprint";

    public string Summary => "hash the weights of a checkpoint, the same in every format and layout";

    public string Usage => "ckpt fingerprint PATH [--check HASH|RECEIPT] [--tensors] [--json]";

    public IReadOnlyList<string> Paths => ["PATH (a checkpoint's folder or file)"];

    public IReadOnlyList<FlagSpec> Flags { get; } = [s_check, s_tensors, s_stored, PathFlags.Revision, .. CommonFlags.All];

    public IReadOnlyList<(string Line, string Does)> Examples =>
    [
        ("ckpt fingerprint Qwen3-8B", "one line, the same for Qwen3-8B-mcore"),
        ("ckpt fingerprint Qwen3-8B-mcore --check ckpt1:9f86d0…", "exit code 0 where the weights are those"),
        ("ckpt fingerprint Qwen3-8B --check Qwen3-8B-mcore/ckpt.json", "exit code 0 where the conversion was of these weights, or made them"),
    ];

    public CommandResult Run(FlagValues values, CommandContext context)
    {
        var expected = values.Text(s_check.Name) is { } text ? ExpectedFingerprint.Of(text) : null;
        using var reader = PathFlags.Open(values, context, ModelFormats.All);
        var side = values.Bool(s_stored.Name) ? new LogicalSide(reader, null) : ComparedSides.Canonical(reader, reader.Path);
        var found = context.Progress.During(sink => CheckpointFingerprint.Of(side, new RunOptions(), new RunProgress(sink), context.Cancel));
        var match = expected?.Match(found);
        return new CommandResult(expected is null || match is not null ? ExitCode.Done : ExitCode.Different, Json(found, expected, match), Lines(found, expected, match, values.Bool(s_tensors.Name)));
    }

    static IEnumerable<string> Lines(CheckpointFingerprint found, ExpectedFingerprint? expected, string? match, bool tensors)
    {
        foreach (var tensor in tensors ? found.Tensors : []) { yield return $"{tensor.Sha256}  {tensor.Name}"; }
        yield return found.Value;
        if (expected is not null) { yield return match is null ? $"other weights than those of {expected.Text}" : $"the weights are those{match}"; }
    }

    static JsonObject Json(CheckpointFingerprint found, ExpectedFingerprint? expected, string? match) => new()
    {
        ["fingerprint"] = found.Value,
        ["matches"] = expected is null ? null : match is not null,
        ["tensors"] = new JsonArray([.. found.Tensors.Select(static tensor => new JsonObject
        {
            ["name"] = tensor.Name, ["dtype"] = tensor.DType.DisplayName(), ["shape"] = new JsonArray([.. tensor.Shape.ToArray().Select(static dim => JsonValue.Create(dim))]), ["sha256"] = tensor.Sha256,
        })]),
    };
}
