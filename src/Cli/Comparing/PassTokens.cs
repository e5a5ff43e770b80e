using System.Globalization;
using System.Text.Json;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Looking;
using Ckpt.Data;
using Ckpt.Data.Tokenizers;
using Ckpt.Models.Opening;
using Ckpt.Verify.Passes;

namespace Ckpt.Cli.Comparing;

/// <summary>What models are given when their forward passes are compared, and what there is to say of it.</summary>
/// <param name="Samples">The tokens.</param>
/// <param name="Note">Where they come from, where that is not what was asked for.</param>
sealed record PassTokens(IReadOnlyList<PassSample> Samples, string? Note)
{
    const string TokenizerName = "tokenizer.json";

    // The sample of Megatron-SWIFT's test_convert_precision.
    const string Question = "Introduction to ms-swift.";
    const string Answer = "ms-swift is an official framework provided by the ModelScope community for fine-tuning and deploying large language models and multi-modal large models.";

    /// <summary>What the flags ask for; the usual conversation where they ask for nothing (VER-2.2).</summary>
    internal static PassTokens Of(FlagValues values, int vocabulary, params IReadOnlyList<ModelCheckpoint> models)
    {
        if (values.Has(PassFlags.Prompt.Name) && values.Has(PassFlags.TokenIds.Name)) { throw new UsageException("VER-1.4", PassFlags.Prompt.Shown, "and --token_ids_file both say what the models are given: give one"); }
        if (values.Text(PassFlags.TokenIds.Name) is { } file) { return new PassTokens([.. Parse(File.ReadAllText(file), file).Select(ids => new PassSample(Checked(ids, vocabulary, file), null))], null); }
        if (values.Text(PassFlags.Prompt.Name) is not { } prompt) { return Usual(vocabulary, values.Text(PassFlags.Template.Name), models); }
        var tokenizer = TokenizerOf(models) ?? throw new UsageException("VER-1.4", PassFlags.Prompt.Shown, $"neither model has a {TokenizerName}; give --token_ids_file");
        return new PassTokens([new PassSample(Checked([.. tokenizer.Encode(prompt).Ids], vocabulary, PassFlags.Prompt.Shown), null)], null);
    }

    /// <summary>The conversation that other tools compare by, or, without a tokenizer, ids spread over the vocabulary.</summary>
    internal static PassTokens Usual(int vocabulary, string? template, params IReadOnlyList<ModelCheckpoint> models)
    {
        var spread = PassSample.Spread(vocabulary);
        try
        {
            if (TokenizerOf(models) is not { } tokenizer) { return new PassTokens([spread], $"there is no {TokenizerName}: the models are given {spread.Tokens.Length} ids spread over the vocabulary"); }
            var sample = Conversation(tokenizer, template);
            return sample.Tokens.Any(id => id < 0 || id >= vocabulary)
                ? new PassTokens([spread], $"the tokenizer has more tokens than the models' {vocabulary}: these are given {spread.Tokens.Length} ids spread over the vocabulary")
                : new PassTokens([sample], null);
        }
        catch (DataFormatException error) when (template is null)
        {
            return new PassTokens([spread], $"the tokenizer cannot be used ({error.Message}): the models are given {spread.Tokens.Length} ids spread over the vocabulary");
        }
    }

    static PassSample Conversation(Tokenizer tokenizer, string? template)
    {
        if (template is null && tokenizer.ChatTemplate is null) { return new PassSample([.. tokenizer.Encode($"{Question}\n{Answer}").Ids], null); }
        var options = new ChatOptions(template, null, null, AddGenerationPrompt: false, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        object[] question = [new { role = "user", content = Question }], both = [.. question, new { role = "assistant", content = Answer }];
        var whole = ChatTokens.Of(tokenizer, Row(both), "the usual conversation", options);
        if (whole.Mask is { } mask) { return new PassSample([.. whole.Ids], [.. mask]); }
        // What stands behind an opened answer is trained on.
        var opened = ChatTokens.Of(tokenizer, Row(question), "the usual conversation", options with { AddGenerationPrompt = true }).Ids;
        var isPrefix = opened.Count < whole.Ids.Count && opened.SequenceEqual(whole.Ids.Take(opened.Count));
        return new PassSample([.. whole.Ids], isPrefix ? [.. whole.Ids.Select((_, i) => i >= opened.Count)] : null);
    }

    static JsonElement Row(object[] messages) => JsonSerializer.SerializeToElement(new Dictionary<string, object> { ["messages"] = messages });

    static Tokenizer? TokenizerOf(IReadOnlyList<ModelCheckpoint> models)
    {
        var found = models.SelectMany(static model => model.Side.SideFiles).FirstOrDefault(static file => file.Path == TokenizerName);
        return found.Source is null ? null : Tokenizer.Load(found.Source);
    }

    /// <summary>Ids of a file: JSON, or lines of numbers.</summary>
    static int[][] Parse(string text, string file)
    {
        if (Json(text) is { Length: > 0 } sequences) { return sequences; }
        var lines = text.Split('\n').Select(line => line.Split([',', ' ', '\t', '\r', '[', ']'], StringSplitOptions.RemoveEmptyEntries).Select(word => Id(word, file)).ToArray()).Where(static ids => ids.Length > 0).ToArray();
        return lines.Length > 0 ? lines : throw new UsageException("VER-1.4", PassFlags.TokenIds.Shown, $"{file} holds no ids");
    }

    static int Id(string word, string file) => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
        ? id : throw new UsageException("VER-1.4", PassFlags.TokenIds.Shown, $"{file}: '{(word.Length > 40 ? word[..40] + "…" : word)}' is no id");

    /// <summary>A list of ids, or a list of such; null where the text is neither.</summary>
    static int[][]? Json(string text)
    {
        try { return text.AsSpan().TrimStart() is ['[', .. var rest] ? rest.TrimStart() is ['[', ..] ? JsonSerializer.Deserialize<int[][]>(text) : [JsonSerializer.Deserialize<int[]>(text)!] : null; }
        catch (JsonException) { return null; }
    }

    static int[] Checked(int[] ids, int vocabulary, string where)
    {
        if (ids.Length == 0) { throw new UsageException("VER-1.4", where, "a sequence has no tokens"); }
        foreach (var id in ids)
        {
            if (id < 0 || id >= vocabulary) { throw new UsageException("VER-1.4", where, $"{id} is no token; the models have {vocabulary}"); }
        }
        return ids;
    }
}
