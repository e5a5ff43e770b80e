using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Kernels;
using Ckpt.Inference.Weights;
using Ckpt.Sharding;

namespace Ckpt.Inference.Running;

/// <summary>How a pass' memory is shared between activations, which are as large as they are, and tiles of weights, which can be small.</summary>
/// <param name="Activations">Bytes of activations, states and logits at most.</param>
/// <param name="TileValues">Values of the rows that a thread reads at once.</param>
/// <param name="PanelCount">Panels that a thread goes over at once.</param>
/// <param name="PanelBytes">Bytes of a thread's panels that do not stay.</param>
/// <param name="RoomValues">Values of a thread's inputs and sums.</param>
/// <param name="KeptBytes">Bytes of weights that may stay from pass to pass.</param>
readonly record struct ForwardMemory(long Activations, int TileValues, int PanelCount, long PanelBytes, int RoomValues, long KeptBytes)
{
    // Rows as they are read stay in a core's second cache until they are in their panel.
    const int MostTileValues = (512 << 10) / sizeof(float);

    // The program itself; and rows that are done with stay, about once as many as are in use, until they are collected.
    const long Uncollected = 160 << 20;

    // Inputs are put side by side once for so many panels.
    const int MostPanels = 8;

    /// <exception cref="BudgetException">Activations and one row of the widest matrix a thread do not fit.</exception>
    internal static ForwardMemory Plan(ForwardModel model, IWeightSource weights, PassSize size, ForwardOptions options)
    {
        var widest = 0L;
        var row = (long)model.Hidden;
        var (states, memories) = (0L, 0L);
        foreach (var layer in model.Layers)
        {
            widest = Math.Max(widest, Math.Max(MixerWidth(layer), FeedForwardWidth(layer)));
            row = Math.Max(row, Math.Max(OutputOf(layer).Columns, (layer.Mlp ?? layer.Experts!.Shared ?? layer.Experts.Expert(0)).Down.Columns));
            states = size.KeepsStates ? states + StateWidth(layer) : Math.Max(states, StateWidth(layer));
            memories = size.KeepsStates ? memories + MemorySize(layer) : Math.Max(memories, MemorySize(layer));
        }
        var activations = sizeof(float) * ((size.Rows * ((4L * model.Hidden) + widest)) + (states * size.Positions) + (memories * size.Sequences) + (size.LogitRows * (long)model.Vocabulary));
        // A rank's inputs and products, where products are summed up rank by rank.
        if (weights.SharedOver(OutputOf(model.Layers[0]).Name).Ranks > 1) { activations += sizeof(float) * size.Rows * (row + model.Hidden); }
        var threads = Math.Max(1, options.Threads);
        var left = options.MaxMemory - activations;
        for (var panels = MostPanels; panels > 0; panels /= 2)
        {
            var (kept, room) = (panels * Panels.Bytes(checked((int)row), isHalf: false), Panels.RoomValues(panels, size.Rows, row));
            var rest = (left / threads) - kept - (sizeof(float) * (long)room);
            if (rest < sizeof(float) * row)
            {
                if (panels > 1) { continue; }
                throw new BudgetException($"a pass over {size.Rows} tokens needs {activations + (threads * (kept + (sizeof(float) * (room + row)))):N0} bytes, allowed are {options.MaxMemory:N0}");
            }
            var tile = (int)Math.Min(rest / sizeof(float), Math.Max(row, MostTileValues));
            var keeps = left - (threads * (kept + (sizeof(float) * ((long)room + tile)))) - activations - Uncollected;
            return new ForwardMemory(activations, tile, panels, kept, room, keeps);
        }
        throw new System.Diagnostics.UnreachableException();
    }

    static WeightMatrix OutputOf(LayerKind layer) => layer.Attention?.Output ?? layer.Latent?.Output ?? layer.DeltaNet!.Output;

    static long MixerWidth(LayerKind layer) => layer switch
    {
        { Attention: { } each } => Outputs(each.Query) + Outputs(each.Key) + Outputs(each.Value) + each.Output.Columns,
        { Latent: { } each } => Outputs(each.QueryDown) + Outputs(each.Query) + Outputs(each.Down) + each.KvLora + Outputs(each.Up) + each.Output.Columns,
        { DeltaNet: { } each } => Outputs(each.Mixed) + Outputs(each.Gate) + Outputs(each.Beta) + Outputs(each.Decay) + (2L * each.ConvWidth) + (2L * each.Output.Columns),
        _ => 0,
    };

    static long FeedForwardWidth(LayerKind layer) => layer switch
    {
        { Mlp: { } each } => 2L * each.Gate.Rows,
        { Experts: { } each } => (4L * each.Expert(0).Gate.Rows) + each.Router.Experts + (2L * each.Expert(0).Down.Rows) + (2L * (each.Shared?.Gate.Rows ?? 0)),
        _ => 0,
    };

    static long StateWidth(LayerKind layer) => layer switch
    {
        { Attention: { } each } => (long)each.Groups * (each.HeadDim + Whole(each.HeadDim)),
        { Latent: { } each } => (long)each.Heads * (each.Nope + each.Rope + Whole(each.Value)),
        _ => 0,
    };

    static long MemorySize(LayerKind layer) => layer.DeltaNet is { } each ? ((long)each.ConvWidth * each.Convolution.Columns) + ((long)each.ValueHeads * each.KeyDim * each.ValueDim) : 0;

    static long Whole(int elements) => Panels.Count(elements) * (long)Panels.Rows;

    static long Outputs(WeightMatrix? matrix) => matrix?.Rows ?? 0;
}
