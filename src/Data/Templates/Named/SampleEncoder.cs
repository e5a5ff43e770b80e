namespace Ckpt.Data.Templates.Named;

/// <summary>Samples to tokens and labels with a named template, as ms-swift's <c>Template.encode</c> (TPL-8.1).</summary>
public sealed class SampleEncoder(NamedTemplate template, EncodeSettings settings, TemplateTokenizer tokenizer)
{
    readonly IReadOnlyList<int> _suffix = [.. (settings.UseChatTemplate ? template : template.ForPlainText()).Suffix.SelectMany(p => PieceTokens.Of(p.Role, p.Text, tokenizer, template.Name))];

    /// <summary>The sample, none where it is too long and left out, or several where it is split.</summary>
    public IReadOnlyList<EncodedSample> Encode(ChatSample sample, string where)
    {
        var whole = Whole(SamplePlan.Of(sample, template, settings, tokenizer, where), where);
        return settings.MaxLength is { } most ? Truncation.Apply(whole, most, settings.Truncation) : [whole];
    }

    EncodedSample Whole(IReadOnlyList<TemplateSegment> segments, string where)
    {
        var (ids, labels, weights) = (new List<int>(), new List<int>(), new List<double>());
        foreach (var segment in segments)
        {
            var tokens = PieceTokens.Of(segment.Role, segment.Text, tokenizer, where);
            ids.AddRange(tokens);
            labels.AddRange(segment.Weight > 0 ? tokens : Enumerable.Repeat(EncodedSample.NoLabel, tokens.Count));
            weights.AddRange(Enumerable.Repeat(segment.Weight, tokens.Count));
        }
        LearnToStop(ids, labels, weights);
        if (ids.Count > 0) { (labels[0], weights[0]) = (EncodedSample.NoLabel, 0); }
        if (!settings.IsTraining) { return new EncodedSample([.. ids], null, null); }
        return new EncodedSample([.. ids], [.. labels], settings.LossScale.IsBinary ? null : [.. weights]);
    }

    /// <summary>Where what follows an answer begins like the suffix, there is a loss on it too (TPL-8.2).</summary>
    void LearnToStop(List<int> ids, List<int> labels, List<double> weights)
    {
        for (var i = 1; i < ids.Count; i++)
        {
            if (labels[i - 1] == EncodedSample.NoLabel || labels[i] != EncodedSample.NoLabel) { continue; }
            var end = i;
            while (end < ids.Count && labels[end] == EncodedSample.NoLabel) { end++; }
            if (end - i >= _suffix.Count && ids.GetRange(i, _suffix.Count).SequenceEqual(_suffix))
            {
                for (var j = 0; j < _suffix.Count; j++) { (labels[i + j], weights[i + j]) = (_suffix[j], 1); }
            }
            i = end;
        }
    }
}
