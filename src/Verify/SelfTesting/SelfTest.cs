using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Weights;
using Ckpt.Models.Configs;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Running;
using Ckpt.Sharding.Views;
using Ckpt.Verify.Comparing;
using Ckpt.Verify.Doctoring;
using Ckpt.Verify.Fingerprints;
using Ckpt.Verify.Passes;

namespace Ckpt.Verify.SelfTesting;

/// <summary>
/// Plants known errors in what is read of a model and shows which check finds each: a check that finds nothing because it looks at nothing is found out so.
/// Nothing is written.
/// </summary>
public sealed class SelfTest
{
    readonly MappedCheckpoint _model;
    readonly HfConfig _config;
    readonly PassSide? _pass;
    readonly IReadOnlyList<PassSample> _samples;
    readonly PassOptions _options;
    readonly RunOptions _run;
    readonly CancellationToken _cancel;

    SelfTest(ModelCheckpoint model, PassSide? pass, IReadOnlyList<PassSample> samples, PassOptions options, RunOptions run, CancellationToken cancel)
    {
        (_config, _pass, _samples, _options, _run, _cancel) = (model.Side.Config, pass, samples, options, run, cancel);
        _model = (MappedCheckpoint)new LogicalSide(model.Reader, CanonicalNames.Of(model)).Named;
    }

    /// <summary>Plants one error after the other.</summary>
    /// <param name="model">A model of numbers; stays its owner's.</param>
    /// <param name="pass">Its forward pass; null where it has none that is known.</param>
    /// <param name="samples">What that is given.</param>
    /// <param name="options">How passes are run.</param>
    /// <param name="run">How weights are compared.</param>
    /// <param name="progress">Told of each.</param>
    /// <param name="cancel">Ends it.</param>
    public static IReadOnlyList<SelfTestResult> Run(ModelCheckpoint model, PassSide? pass, IReadOnlyList<PassSample> samples, PassOptions options, RunOptions run, IRunProgress progress, CancellationToken cancel)
    {
        var test = new SelfTest(model, pass, samples, options, run, cancel);
        var results = new List<SelfTestResult>();
        foreach (var (name, error) in new ErrorPlanter(new TensorStreams(test._model), model.Side.Config.Model).All())
        {
            cancel.ThrowIfCancellationRequested();
            progress.Begin($"planting: {name}", 0);
            results.Add(error is null ? new SelfTestResult(name, null) : test.Find(error));
        }
        return results;
    }

    SelfTestResult Find(PlantedError error)
    {
        var planted = new ViewedCheckpoint(_model, error.Views, name => error.Hidden is not null && name.StartsWith(error.Hidden, StringComparison.Ordinal));
        // What has nothing to do with the error is not read again for each: the layers that it is in are.
        var scope = Scope(error);
        var (before, after) = (Only(_model, scope), Only(planted, scope));
        var weights = WeightComparison.Run(new LogicalSide(before, null), new LogicalSide(after, null), new Tolerance(0, 0), _run, new NoProgress(), _cancel);
        var passed = Pass(planted, error);
        return new SelfTestResult(error.Name, error.Place)
        {
            Weights = weights.Found.Bits.Differences.Count + weights.Found.Forms.Count + weights.Found.OnlyInA.Count + weights.Found.OnlyInB.Count,
            Cause = weights.Tensors.Select(static tensor => tensor.Diagnosis?.Kind).FirstOrDefault(static kind => kind is not null),
            ExpectedCause = error.Cause,
            MeanDiff = passed?.MeanDiff,
            IsPlaced = passed?.IsPlaced,
            Fingerprint = Fingerprint(before) != Fingerprint(after),
            Doctor = Findings(after).Except(Findings(before)).Count(),
        };
    }

    (double MeanDiff, bool IsPlaced)? Pass(ICheckpointReader planted, PlantedError error)
    {
        if (_pass is not { } whole) { return null; }
        try
        {
            var weights = new CheckpointWeights(planted);
            var report = PassComparison.Run(whole, new PassSide(ForwardModel.Of(_config, weights), weights), _samples, _options, new NoProgress(), _cancel);
            return (report.All.MeanDiff, report.Parting is { } parting && LayerOf(parting.Point.Weight) == error.Touched.Select(LayerOf).FirstOrDefault());
        }
        catch (MalformedCheckpointException missing) { return (double.PositiveInfinity, error.Hidden is not null && missing.Message.Contains(error.Hidden, StringComparison.Ordinal)); }
    }

    string Fingerprint(ICheckpointReader reader) => CheckpointFingerprint.Of(new LogicalSide(reader, null), _run, new NoProgress(), _cancel).Value;

    IEnumerable<(Severity, string, string)> Findings(ICheckpointReader reader) => DataExamination.Examine(reader, _run, new NoProgress(), _cancel).Select(static finding => (finding.Severity, finding.Where, finding.What));

    HashSet<string> Scope(PlantedError error)
    {
        var layers = error.Touched.Select(LayerOf).Where(static layer => layer.Length > 0).ToHashSet(StringComparer.Ordinal);
        return [.. _model.Tensors.Select(static tensor => tensor.Name).Where(name => error.Touched.Contains(name) || layers.Contains(LayerOf(name)) || (error.Hidden is not null && name.StartsWith(error.Hidden, StringComparison.Ordinal)))];
    }

    /// <summary>What a name begins with, the layer's number included; nothing outside layers.</summary>
    static string LayerOf(string name)
    {
        const string Layers = ".layers.";
        var start = name.IndexOf(Layers, StringComparison.Ordinal);
        var end = start < 0 ? -1 : name.IndexOf('.', start + Layers.Length);
        return end < 0 ? "" : name[..(end + 1)];
    }

    static MappedCheckpoint Only(ICheckpointReader reader, HashSet<string> names)
    {
        var kept = new ViewedCheckpoint(reader, [], name => !names.Contains(name));
        return new MappedCheckpoint(kept, TensorMap.Identity([.. kept.Tensors.Select(static tensor => new MappedTensor(tensor.Name, tensor.Shape))]));
    }
}
