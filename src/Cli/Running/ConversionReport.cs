using System.Globalization;
using System.Text.Json.Nodes;
using Ckpt.Cli.Output;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;

namespace Ckpt.Cli.Running;

/// <summary>Says what a conversion will do, or did: to people, to programs, and in the receipt.</summary>
sealed class ConversionReport(RunSettings settings, Conversion conversion, CopyPlan plan, string planHash, RunOptions options)
{
    internal CommandResult DryRun(MemoryBudget budget)
    {
        var json = Facts();
        json["dry_run"] = true;
        json["peak_memory"] = budget.PeakBytes;
        json["threads"] = budget.Threads;
        return new CommandResult(ExitCode.Done, json, [.. PlanLines(), $"memory     {budget.PeakBytes:N0} bytes at most, of {options.MaxMemory:N0} allowed; {budget.Threads} threads", "nothing was written"]);
    }

    internal CommandResult Done(IReadOnlyList<WrittenFile> files, ComparisonReport? comparison, ConversionReceipt? said, TimeSpan took)
    {
        var json = Facts();
        json["seconds"] = Math.Round(took.TotalSeconds, 3);
        json["compared"] = Compared(comparison);
        Add(json, said);
        var lines = new List<string>([.. LedgerLines(), .. said?.Lines ?? []])
        {
            $"wrote      {settings.Output}: {files.Count} files, {files.Sum(static f => f.Length):N0} bytes in {took.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture)} s",
        };
        if (comparison is not null) { lines.Add(Verdict(comparison)); }
        return new CommandResult(ExitCode.Done, json, lines);
    }

    /// <summary>SHD-8.2: another worker will publish.</summary>
    internal CommandResult ShareDone(TimeSpan took)
    {
        var json = Facts();
        json["worker"] = settings.Environment.Worker;
        json["workers"] = settings.Environment.Workers;
        json["published"] = false;
        json["seconds"] = Math.Round(took.TotalSeconds, 3);
        return new CommandResult(ExitCode.Done, json,
            [$"share      {settings.Environment.Worker} of {settings.Environment.Workers} is done; the last worker to finish publishes {settings.Output}. If one was lost, run its line again"]);
    }

    /// <summary>SHD-7.1: nothing was published.</summary>
    internal CommandResult Different(ComparisonReport comparison, string folder, ConversionReceipt? said)
    {
        var json = Facts();
        json["compared"] = Compared(comparison);
        var lines = new List<string> { $"different  {comparison.Differences.Count} of {comparison.Tensors} tensors read back are not what was to be written; left in {folder}, nothing is published" };
        foreach (var difference in comparison.Differences.Take(10))
        {
            lines.Add($"           {difference.Name}: {difference.Elements:N0} elements, the first at {difference.FirstElement:N0}");
        }
        lines.AddRange(said?.Lines ?? []);
        return new CommandResult(ExitCode.Different, json, lines);
    }

    /// <summary>VER-4.1: the weights are equal, what is computed with them is not; nothing was published.</summary>
    internal CommandResult Different(PrecisionTest test, string folder, ConversionReceipt said)
    {
        var json = Facts();
        Add(json, said);
        return new CommandResult(ExitCode.Different, json, [.. said.Lines, $"different  what is written does not compute what the source does: {string.Join("; ", test.Faults)}; left in {folder}, nothing is published"]);
    }

    internal static string Verdict(ComparisonReport comparison) =>
        $"bit-identical: {comparison.Tensors:N0} tensors, {comparison.Bytes:N0} bytes";

    /// <summary>The receipt, <c>ckpt.json</c>. All of it but <c>run</c> is the same for the same input and options.</summary>
    internal SmallFile Receipt(IReadOnlyList<WrittenFile> files, ComparisonReport? comparison, ConversionReceipt? said, TimeSpan took)
    {
        var json = Facts();
        json["files"] = new JsonArray([.. files.Select(static f => new JsonObject { ["path"] = f.Path, ["bytes"] = f.Length, ["crc32"] = f.Crc32.ToString("x8", CultureInfo.InvariantCulture) })]);
        json["compared"] = Compared(comparison);
        Add(json, said);
        json["run"] = new JsonObject
        {
            ["finished"] = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ["seconds"] = Math.Round(took.TotalSeconds, 3),
            ["plan"] = planHash,
            ["workers"] = options.Workers,
        };
        return new SmallFile(PartialOutput.ReceiptName, System.Text.Encoding.UTF8.GetBytes(JsonText.Of(json) + "\n"));
    }

    JsonObject Facts()
    {
        var ledger = plan.Ledger;
        return new JsonObject
        {
            ["ckpt"] = Application.Version,
            ["command"] = settings.Command,
            ["source"] = new JsonObject
            {
                ["path"] = settings.Source,
                ["format"] = conversion.Source.Format,
                ["files"] = new JsonArray([.. conversion.Source.Files.Select(static f => new JsonObject { ["path"] = f.Path, ["bytes"] = f.Length })]),
            },
            ["target"] = new JsonObject { ["path"] = settings.Output, ["format"] = conversion.Writer.Format },
            ["model"] = conversion.Facts.DeepClone(),
            ["ledger"] = new JsonObject
            {
                ["source_tensors"] = ledger.SourceTensors,
                ["target_tensors"] = ledger.TargetTensors,
                ["elements_copied"] = ledger.ElementsCopied,
                ["elements_zero"] = ledger.ElementsZero,
                ["bytes_read"] = ledger.BytesRead,
                ["bytes_written"] = ledger.BytesWritten,
                ["casts"] = new JsonArray([.. ledger.Casts.Select(static c => JsonValue.Create(c))]),
                ["dropped"] = new JsonArray([.. ledger.Dropped.Select(static d => new JsonObject { ["name"] = d.Name, ["elements"] = d.Elements, ["rule"] = d.Rule })]),
                ["same_as_another"] = new JsonArray([.. ledger.Aliases.Select(a => new JsonObject { ["name"] = plan.Source[a.Tensor].Name, ["of"] = plan.Source[a.Of].Name, ["rule"] = a.Rule })]),
            },
            ["notes"] = new JsonArray([.. conversion.Notes.Select(static n => JsonValue.Create(n))]),
        };
    }

    static void Add(JsonObject json, ConversionReceipt? said)
    {
        foreach (var (name, value) in said?.Json ?? []) { json[name] = value?.DeepClone(); }
    }

    static JsonObject? Compared(ComparisonReport? comparison) => comparison is null ? null : new JsonObject
    {
        ["equal"] = comparison.IsEqual,
        ["tensors"] = comparison.Tensors,
        ["bytes"] = comparison.Bytes,
        ["different"] = new JsonArray([.. comparison.Differences.Select(static d => JsonValue.Create(d.Name))]),
    };

    IEnumerable<string> PlanLines()
    {
        yield return $"source     {settings.Source} ({conversion.Source.Format}), {plan.Ledger.SourceTensors:N0} tensors in {conversion.Source.Files.Count:N0} files";
        if (conversion.Facts["family"] is { } family) { yield return $"family     {family}"; }
        yield return $"target     {settings.Output} ({conversion.Writer.Format}), {plan.Ledger.TargetTensors:N0} tensors in {plan.Pieces.Count:N0} pieces";
        foreach (var file in plan.Layout.Files.Take(20)) { yield return $"           {file.Path}, {file.Length:N0} bytes"; }
        if (plan.Layout.Files.Count > 20) { yield return $"           and {plan.Layout.Files.Count - 20:N0} more"; }
        if (conversion.SideFiles.Count > 0) { yield return $"besides    {string.Join(", ", conversion.SideFiles.Select(static f => f.Path))}"; }
        foreach (var line in LedgerLines()) { yield return line; }
    }

    IEnumerable<string> LedgerLines()
    {
        var ledger = plan.Ledger;
        yield return $"copied     {ledger.ElementsCopied:N0} elements, {ledger.BytesRead:N0} bytes read, {ledger.BytesWritten:N0} written";
        if (ledger.ElementsZero > 0) { yield return $"zero       {ledger.ElementsZero:N0} elements of padding"; }
        foreach (var cast in ledger.Casts) { yield return $"cast       {cast}"; }
        foreach (var group in ledger.Aliases.GroupBy(static a => a.Rule))
        {
            var (first, more) = (group.First(), group.Count() - 1);
            yield return $"same       {plan.Source[first.Tensor].Name} as {plan.Source[first.Of].Name}{(more == 0 ? "" : $", and {more:N0} more")}: {group.Key}";
        }
        foreach (var group in ledger.Dropped.GroupBy(static d => d.Rule))
        {
            yield return $"left out   {group.Count():N0} tensors ({group.First().Name}…), {group.Sum(static d => d.Elements):N0} elements: {group.Key}";
        }
    }
}
