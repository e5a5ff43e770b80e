using System.Text.Json.Nodes;
using Ckpt.Cli.Comparing;
using Ckpt.Cli.Running;
using Ckpt.Formats;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Opening;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.TorchDist;
using Ckpt.Models.Adapters;
using Ckpt.Models.Megatron;
using Ckpt.Models.Megatron.Legacy;
using Ckpt.Models.Megatron.State;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Running;

namespace Ckpt.Cli.Reshard;

/// <summary>Prepares any Megatron checkpoint → any other. Needs no model family: names and shapes say enough.</summary>
static class ReshardPreparation
{
    internal static Conversion Prepare(ReshardArguments arguments, CancellationToken cancel)
    {
        var opened = LegacySource.Open(arguments.Settings.Source, new LegacyReadOptions { Overrides = arguments.TensorCuts });
        try { return Prepare(arguments, opened as IMegatronReader ?? throw Throw.NotMegatron(opened), cancel); }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    static Conversion Prepare(ReshardArguments arguments, IMegatronReader source, CancellationToken cancel)
    {
        var format = arguments.Format ?? source.Format;
        CheckAdapter(arguments, source, format);
        var run = new RunOptions { Threads = arguments.Settings.Threads ?? 0 };
        var state = MegatronState.Plan(source, new StateOptions
        {
            Optimizer = arguments.Optimizer,
            DropRng = arguments.DropRng,
            Sizes = arguments.Sizes,
            Overrides = arguments.TensorCuts,
            Run = arguments.Settings.MaxMemory is { } memory ? run with { MaxMemory = memory } : run,
        }, cancel);
        var notes = new List<string>(state.Notes);
        var kept = state.Reader.Tensors.Where(t => !state.Drops.Any(drop => drop.Names.IsMatch(t.Name))).Select(static t => new MappedTensor(t.Name, t.Shape)).ToArray();
        var perLayer = format == FormatNames.LegacyTorch || LayerKeys.ArePerLayer(state.Common, source.Path);
        var map = perLayer ? LayerKeys.Unstack(kept) : LayerKeys.Stack(kept);
        if (VocabularyRows.Target(kept, state.Common, arguments, source.Path) is { } rows) { map = VocabularyRows.Resize(map, rows, notes); }
        map = map with { Left = map.Left with { Drops = state.Drops } };
        var output = MegatronOutput.Of(format, new MegatronOutputOptions
        {
            State = state,
            Folder = source.IsRelease ? "release" : TorchDistWriterOptions.IterationFolder(source.Iteration ?? 1),
            DataFiles = arguments.DataFiles ?? DataFiles(source),
            Form = MegatronForm.Of(arguments.MegatronVersion),
            Sizes = arguments.Sizes,
            Stages = arguments.Stages,
            Experts = arguments.Experts,
            Layers = arguments.Layers,
            Overrides = arguments.TensorCuts,
        });
        return new Conversion(state.Reader, map, Model: null, output.Writer, CutLeadingAxes: output.Cut is null, SideFiles(arguments, source), [], notes, new JsonObject
        {
            ["iteration"] = source.Iteration,
            ["optimizer"] = state.Found.ToString(),
        })
        { Cut = output.Cut, Masters = state.Tensors.Count > 0 ? (options, progress, stop) => MasterWeightCheck.Run(state.Reader, options, progress, stop) : null, Logical = McoreAdapter.IsAdapter(source) ? null : () => ComparedSides.Canonical(source, arguments.Settings.Source) };
    }

    /// <summary>CLI-9.5: rows that lie by the tensor parallel size are not put in another order here.</summary>
    static void CheckAdapter(ReshardArguments arguments, IMegatronReader source, string format)
    {
        if (!McoreAdapter.IsAdapter(source)) { return; }
        var (from, to) = (McoreAdapter.RanksOfRows(source), format == FormatNames.LegacyTorch ? 1 : arguments.Sizes?.Tensor ?? McoreAdapter.RanksOfRows(source));
        if (from != to) { throw Throw.AdapterRows(source.Path, from, to); }
    }

    /// <summary>What lies beside the iterations and belongs to the model: config and tokenizer our own conversion keeps, Megatron-SWIFT's arguments.</summary>
    static List<SideFile> SideFiles(ReshardArguments arguments, IMegatronReader source)
    {
        var files = new List<SideFile>();
        foreach (var folder in new[] { source.Path, Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(source.Path)))! }.Distinct(StringComparer.Ordinal))
        {
            var args = new FileInfo(Path.Combine(folder, "args.json"));
            if (args.Exists && files.Count == 0) { files.Add(new SideFile(args.FullName, "args.json", args.Length)); }
            var kept = Path.Combine(folder, Models.Opening.HfSide.Folder);
            if (!File.Exists(Path.Combine(kept, "config.json"))) { continue; }
            foreach (var file in new DirectoryInfo(kept).EnumerateFiles("*", SearchOption.AllDirectories).OrderBy(static f => f.FullName, StringComparer.Ordinal))
            {
                files.Add(new SideFile(file.FullName, $"{Models.Opening.HfSide.Folder}/{Path.GetRelativePath(kept, file.FullName).Replace('\\', '/')}", file.Length));
            }
            break;
        }
        return files;
    }

    /// <summary>As Megatron-SWIFT: two files, more from 20 GB on.</summary>
    static int DataFiles(ICheckpointReader source) => (int)Math.Max(2, (source.Files.Sum(static f => f.Length) + 9_999_999_999) / 10_000_000_000);

    static class Throw
    {
        internal static UnsupportedCheckpointException AdapterRows(string path, int from, int to) => new(
            "CLI-9.5", path, $"is an adapter whose gate and up rows lie by the tensor parallel size, {from} here and {to} there; 'ckpt export' converts it to PEFT's format and from that to any size");

        internal static UnsupportedCheckpointException NotMegatron(ICheckpointReader source) => new(
            "CLI-9.3", source.Path, $"is a {source.Format} checkpoint; reshard reads Megatron's, and 'ckpt export --to_mcore' makes one of a Hugging Face folder");
    }
}
