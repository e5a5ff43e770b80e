namespace Ckpt.Data.Templates.Named;

/// <summary>What <c>--loss_scale</c> says: a strategy, then tables whose weights multiply (TPL-7.1).</summary>
public sealed class LossScale
{
    readonly LossTable[] _tables;

    LossScale(LossStrategy strategy, LossTable[] tables) => (Strategy, _tables) = (strategy, tables);

    /// <summary>A loss on every answer and nothing else.</summary>
    public static LossScale Default { get; } = new(LossStrategy.Default, []);

    /// <summary>On which part there is a loss at all.</summary>
    public LossStrategy Strategy { get; }

    /// <summary>Whether all weights are 0 or 1, so that labels say everything.</summary>
    public bool IsBinary => _tables.All(t => t.IsBinary);

    /// <summary>Reads <c>default</c>, <c>last_round+hermes</c>, <c>ignore_empty_think</c> and so on.</summary>
    public static LossScale Parse(string text)
    {
        var parts = text.Split('+');
        LossStrategy? strategy = parts[0] switch
        {
            "default" => LossStrategy.Default,
            "last_round" => LossStrategy.LastRound,
            "all" => LossStrategy.All,
            _ => null,
        };
        var tables = new List<LossTable>();
        foreach (var name in parts.Skip(strategy is null ? 0 : 1))
        {
            if (name == "agentflan") { throw new UnsupportedDataException("TPL-7.3", "loss_scale", "'agentflan' weighs by the question too, which is not handled"); }
            if (!LossTable.All.TryGetValue(name, out var table))
            {
                throw new MalformedDataException("TPL-7.1", "loss_scale", $"'{(name.Length > 40 ? name[..40] : name)}' is neither a strategy in front (default, last_round, all) nor one of {string.Join(", ", LossTable.All.Keys)}");
            }
            tables.Add(table);
        }
        return new LossScale(strategy ?? LossStrategy.Default, [.. tables]);
    }

    /// <summary>The parts of an answer with their weights.</summary>
    internal IEnumerable<(string Text, double Weight)> Split(string answer)
    {
        IEnumerable<(string Text, double Weight)> parts = [(answer, 1)];
        foreach (var table in _tables)
        {
            parts = parts.SelectMany(part => table.Split(part.Text).Select(inner => (inner.Text, Weight: inner.Weight * part.Weight)));
        }
        return parts.Where(part => part.Text.Length > 0);
    }
}
