using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Ckpt.Formats;
using Ckpt.Formats.LegacyTorch;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>
/// Finds the layout a legacy checkpoint was written under: from what the user says, else its arguments, else names and contents; and holds the
/// files that are there against it. Pure.
/// </summary>
sealed class LegacyGridResolver
{
    // More files than any legacy save has; args may say anything.
    const int MostRanks = 1 << 18;

    readonly string _where;
    readonly LegacyReadOptions _options;
    readonly LegacyArgs _args;
    readonly IReadOnlyList<LegacyRankName> _names;
    readonly IReadOnlyList<IReadOnlyList<LegacySurvey>> _contents;

    /// <summary>A resolver for the files of some ranks.</summary>
    /// <param name="where">The folder, for messages.</param>
    /// <param name="options">What the user says.</param>
    /// <param name="args">What the first file says.</param>
    /// <param name="names">The ranks there are.</param>
    /// <param name="contents">What is in their chunks.</param>
    internal LegacyGridResolver(
        string where, LegacyReadOptions options, LegacyArgs args, IReadOnlyList<LegacyRankName> names, IReadOnlyList<IReadOnlyList<LegacySurvey>> contents) =>
        (_where, _options, _args, _names, _contents) = (where, options, args, names, contents);

    internal LegacyGrid Resolve()
    {
        var numbers = _names[0].Numbers;
        foreach (var name in _names)
        {
            if (name.Numbers != numbers) { Throw.Numbers(_where, _names[0], name); }
        }
        var sizes = Sizes(numbers);
        if (numbers != (sizes.Pipeline > 1 ? 1 : 0) + (sizes.Expert > 1 ? 1 : 0)) { Throw.OtherNumbers(_where, _names[0], sizes); }
        var grid = RankGrid.Of(sizes);
        if (grid.World > MostRanks) { Throw.TooMany(_where, grid.Sizes); }
        var ranks = Files(grid);
        return new LegacyGrid(new ParallelLayout(grid, Stages(sizes, ranks)), ranks);
    }

    ParallelSizes Sizes(int numbers)
    {
        var chunks = _contents[0].Count;
        if (_options.Sizes is { } given) { return given with { VirtualPipeline = Math.Max(given.VirtualPipeline, chunks), Context = 1, Data = null, World = null }; }
        var over = _args.ExpertsOverTensor;
        var tensor = _args.Tensor ?? _names.Max(static name => name.Tensor) + 1;
        var (pipeline, expert) = (_args.Pipeline, _args.Expert);
        if (pipeline is null && expert is null) { (pipeline, expert) = Guess(numbers); }
        else
        {
            // One that is not said is what the other leaves of the names: expert parallelism is younger than the arguments of old files.
            var rest = numbers - (pipeline ?? expert) switch { > 1 => 1, _ => 0 };
            var second = rest == 0 ? 1 : _names.Max(name => (numbers == 2 && pipeline is not null ? name.Third : name.Second) ?? 0) + 1;
            (pipeline, expert) = (pipeline ?? second, expert ?? second);
        }
        return new ParallelSizes
        {
            Tensor = tensor,
            Pipeline = pipeline!.Value,
            VirtualPipeline = chunks,
            Expert = expert!.Value,
            ExpertTensor = over ? null : _args.ExpertTensor,
            ExpertsOverTensor = over,
        };
    }

    /// <summary>LEG-1.5: one number is a stage where only some files have an embedding or a final norm, an expert rank where all have both.</summary>
    (int Pipeline, int Expert) Guess(int numbers)
    {
        if (numbers == 0) { return (1, 1); }
        var second = _names.Max(static name => name.Second!.Value) + 1;
        if (numbers == 2) { return (second, _names.Max(static name => name.Third!.Value) + 1); }
        var whole = _contents.Count(static chunks => chunks.Any(static chunk => chunk.HasEmbedding) && chunks.Any(static chunk => chunk.HasFinalNorm));
        if (whole == _contents.Count) { return (1, second); }
        return whole == 0 ? (second, 1) : Throw.Ambiguous(_where, _names[0]);
    }

    /// <summary>LEG-1.6: a file for every rank of the grid, and no other.</summary>
    List<(RankPlace, int)> Files(RankGrid grid)
    {
        var (sizes, numbers) = (grid.Sizes, new Dictionary<LegacyRankName, int>());
        for (var i = 0; i < _names.Count; i++) { numbers.Add(_names[i], i); }
        var (ranks, expected, missing) = (new List<(RankPlace Place, int File)>(), new Dictionary<LegacyRankName, RankPlace>(), new List<string>());
        foreach (var place in grid.ModelRanks())
        {
            var name = LegacyRankName.Of(place.Tensor, sizes.Pipeline > 1 ? place.Pipeline : null, sizes.Expert > 1 ? place.Expert : null);
            if (!expected.TryAdd(name, place)) { Throw.TwoInOne(_where, name, sizes); }
            if (numbers.TryGetValue(name, out var file)) { ranks.Add((place, file)); }
            else { missing.Add(name.ToString()); }
        }
        if (missing.Count > 0) { Throw.Missing(_where, missing, sizes); }
        foreach (var name in _names)
        {
            if (!expected.ContainsKey(name)) { Throw.Extra(_where, name, sizes); }
        }
        ranks.Sort(static (a, b) => a.File.CompareTo(b.File));
        return ranks;
    }

    StageLayout Stages(ParallelSizes sizes, List<(RankPlace Place, int File)> ranks)
    {
        var ofStage = new IReadOnlyList<LegacySurvey>[sizes.Pipeline];
        foreach (var (place, file) in ranks)
        {
            if (_contents[file].Count != _contents[ranks[0].File].Count) { Throw.Chunks(_where, _names[file], _contents[file].Count, _contents[ranks[0].File].Count); }
            ofStage[place.Pipeline] ??= _contents[file];
        }
        var found = ofStage.Sum(static stage => stage.Sum(static chunk => chunk.Layers.Count));
        var options = Options(ofStage);
        var layers = _args.Layers is { } said ? said - options.NoopLayers.Count : found;
        if (layers != found) { Throw.Layers(_where, layers, found); }
        if (layers == 0) { Throw.NoLayers(_where); }
        var stages = StageLayout.Of(layers, sizes, options);
        if (stages.Chunks != ofStage[0].Count) { Throw.Chunks(_where, _names[ranks[0].File], ofStage[0].Count, stages.Chunks); }
        foreach (var (place, file) in ranks)
        {
            for (var chunk = 0; chunk < stages.Chunks; chunk++)
            {
                var expected = stages.At(place.Pipeline, chunk).Layers.Select(static slot => slot.Local).ToHashSet();
                if (!expected.SetEquals(_contents[file][chunk].Layers)) { Throw.OtherLayers(_where, _names[file], chunk, _contents[file][chunk].Layers, expected); }
            }
        }
        return stages;
    }

    StageOptions Options(IReadOnlyList<LegacySurvey>[] ofStage)
    {
        var chunks = ofStage[0].Count;
        var mtp = ofStage.Sum(static stage => stage.Sum(static chunk => chunk.Mtp));
        var tied = _args.Tied ?? ofStage.Any(static stage => stage.Any(static chunk => chunk.HasTiedHead));
        if (_options.Stages is { } given) { return given with { TiedEmbedding = given.TiedEmbedding || tied, MtpLayers = mtp }; }
        var options = _args.Stages(chunks) with { TiedEmbedding = tied, MtpLayers = mtp };
        // Nothing said of an uneven split: the counts themselves are the rule, where there are no chunks to put them in order.
        return !_args.Exists && chunks == 1 && ofStage.Length > 1 ? options with { LayerList = [.. ofStage.Select(static stage => stage[0].Layers.Count)] } : options;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Numbers(string where, LegacyRankName one, LegacyRankName other) => throw new MalformedCheckpointException(
            "LEG-1.3", where, $"{one} and {other} have not as many numbers: they are of two layouts");

        [DoesNotReturn]
        internal static void OtherNumbers(string where, LegacyRankName name, ParallelSizes sizes) => throw new MalformedCheckpointException(
            "LEG-1.4", where, $"folders are named like {name}, but {Text(sizes)} would name them like {LegacyRankName.Of(0, sizes.Pipeline > 1 ? 0 : null, sizes.Expert > 1 ? 0 : null)}");

        [DoesNotReturn]
        internal static (int, int) Ambiguous(string where, LegacyRankName name) => throw new UnsupportedCheckpointException(
            "LEG-1.5", where, $"neither args nor contents tell whether the last number of {name} is the pipeline rank or the expert rank; give the parallel sizes it was written under");

        [DoesNotReturn]
        internal static void TooMany(string where, ParallelSizes sizes) => throw new UnsupportedCheckpointException(
            "LEG-1.6", where, $"{Text(sizes)} are {sizes.World} ranks, at most {MostRanks} are handled");

        [DoesNotReturn]
        internal static void TwoInOne(string where, LegacyRankName name, ParallelSizes sizes) => throw new LayoutException(
            "LEG-1.7", where, $"with {Text(sizes)} two ranks with different parts of experts have the folder {name}; the expert tensor size must divide the tensor size");

        [DoesNotReturn]
        internal static void Missing(string where, List<string> missing, ParallelSizes sizes) => throw new MalformedCheckpointException(
            "LEG-1.6", where, $"{Text(sizes)} need a file for each of their ranks, and there is none in {string.Join(", ", missing.Take(64))}{(missing.Count > 64 ? $" and {missing.Count - 64} more" : "")}");

        [DoesNotReturn]
        internal static void Extra(string where, LegacyRankName name, ParallelSizes sizes) => throw new MalformedCheckpointException(
            "LEG-1.6", where, $"{name} is a rank that {Text(sizes)} do not have: the sizes are others, or the folder is left of another save");

        [DoesNotReturn]
        internal static void Chunks(string where, LegacyRankName name, int found, int expected) => throw new MalformedCheckpointException(
            "LEG-3.2", where, $"{name} has {found} models (virtual stages), others or the layout have {expected}");

        [DoesNotReturn]
        internal static void Layers(string where, int said, int found) => throw new MalformedCheckpointException(
            "LEG-3.2", where, $"args say {said} layers, the files of all stages hold {found}");

        [DoesNotReturn]
        internal static void NoLayers(string where) => throw new MalformedCheckpointException(
            "LEG-3.2", where, "no tensor is named as one of a decoder layer; models of GPT kind are read");

        [DoesNotReturn]
        internal static void OtherLayers(string where, LegacyRankName name, int chunk, IReadOnlySet<int> found, IReadOnlySet<int> expected) => throw new MalformedCheckpointException(
            "LEG-3.2", where, $"model {chunk} of {name} has the layers {Numbers(found)}, the layout puts {Numbers(expected)} there");

        static string Numbers(IReadOnlySet<int> numbers) =>
            numbers.Count == 0 ? "none" : $"{string.Join(", ", numbers.Order().Take(32).Select(static n => n.ToString(CultureInfo.InvariantCulture)))}{(numbers.Count > 32 ? ", …" : "")}";

        static string Text(ParallelSizes sizes) => $"TP {sizes.Tensor}, PP {sizes.Pipeline}, EP {sizes.Expert}, ETP {sizes.ExpertTensorSize}";
    }
}
