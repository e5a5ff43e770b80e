using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Running;
using Ckpt.Inference.Weights;

namespace Ckpt.Inference.Generation;

/// <summary>A model that continues sequences, call after call: what it keeps from one to the next saves time and changes nothing. For one thread at a time.</summary>
public sealed class GenerationSession : IDisposable
{
    readonly ForwardModel _model;
    readonly ForwardRunner _runner;
    readonly PanelStore _store = new();
    readonly List<int> _seen = [];
    SequenceState? _kept;

    /// <summary>A session over weights that stay open as long.</summary>
    /// <param name="model">The model.</param>
    /// <param name="weights">Its weights, by the names it was described with.</param>
    /// <param name="options">Memory and threads; what it asks of logits and hidden states does not count here.</param>
    public GenerationSession(ForwardModel model, IWeightSource weights, ForwardOptions options)
    {
        _model = model;
        _runner = new ForwardRunner(model, weights, options with { LastLogitsOnly = true, OnHidden = null, StopAfterLayer = null }, _store);
    }

    /// <summary>The new tokens of each sequence. Sequences are computed together, so many as <see cref="GenerationOptions.MaxBatch"/> says; where one ends, the next begins.</summary>
    /// <exception cref="Formats.CheckpointException">A weight that is missing or of another shape.</exception>
    /// <exception cref="Sharding.BudgetException">It would not fit the memory it may take.</exception>
    public IReadOnlyList<int[]> Generate(IReadOnlyList<int[]> prompts, GenerationOptions options)
    {
        var made = new int[prompts.Count][];
        var running = new List<RunningSequence>();
        var next = 0;
        while (running.Count > 0 || next < prompts.Count)
        {
            for (; next < prompts.Count && running.Count < Math.Max(1, options.MaxBatch); next++)
            {
                if (options.MaxNewTokens <= 0) { made[next] = []; }
                else { running.Add(new RunningSequence(next, prompts[next], new SequenceState(_model.LayerCount, prompts[next].Length + options.MaxNewTokens), options)); }
            }
            Step(running, options);
            foreach (var sequence in running.Where(static each => each.HasEnded))
            {
                made[sequence.Index] = [.. sequence.Made];
                options.OnFinished?.Invoke(sequence.Index, made[sequence.Index]);
            }
            running.RemoveAll(static each => each.HasEnded);
        }
        return made;
    }

    /// <summary>The new tokens behind a prompt. Where the prompt begins as what was seen before, that part is not computed again.</summary>
    /// <exception cref="Formats.CheckpointException">A weight that is missing or of another shape.</exception>
    /// <exception cref="Sharding.BudgetException">It would not fit the memory it may take.</exception>
    public int[] Continue(int[] prompt, GenerationOptions options)
    {
        if (options.MaxNewTokens <= 0) { return []; }
        var (state, known) = Kept(prompt);
        state.Capacity = prompt.Length + options.MaxNewTokens;
        var sequence = new RunningSequence(0, prompt, state, options) { Known = known };
        // What a fault leaves half done is not gone on with.
        (_kept, var seen) = (null, _seen);
        seen.Clear();
        while (!sequence.HasEnded) { Step([sequence], options); }
        _kept = state;
        seen.AddRange(prompt);
        seen.AddRange(sequence.Made);
        seen.RemoveRange(state.Length, seen.Count - state.Length);
        return [.. sequence.Made];
    }

    /// <summary>Forgets what was seen.</summary>
    public void Forget()
    {
        _kept = null;
        _seen.Clear();
    }

    public void Dispose()
    {
        Forget();
        _store.Dispose();
    }

    // A delta net's memory cannot go back; keys and values can.
    (SequenceState State, int Known) Kept(int[] prompt)
    {
        var common = Math.Min(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_seen).CommonPrefixLength(prompt), prompt.Length - 1);
        if (_kept is null || common <= 0 || (common < _kept.Length && _model.Layers.Any(static layer => layer.DeltaNet is not null))) { return (new SequenceState(_model.LayerCount, prompt.Length), 0); }
        _kept.Length = common;
        return (_kept, common);
    }

    void Step(List<RunningSequence> running, GenerationOptions options)
    {
        if (running.Count == 0) { return; }
        options.Cancel.ThrowIfCancellationRequested();
        var logits = _runner.Run([.. running.Select(static each => each.Pending)], [.. running.Select(static each => each.State)], keepStates: true);
        for (var row = 0; row < running.Count; row++) { running[row].Choose(logits[row], options); }
    }
}
