using System.Text.Json;
using Ckpt.Data;
using Ckpt.Data.Templates.Named;
using Ckpt.Data.Tokenizers;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Templates;

/// <summary>Token ids, labels and weights of samples as ms-swift's own templates yield them.</summary>
public sealed class SwiftTemplateTests
{
    [Theory, Clause("TPL-6.1"), Clause("TPL-6.3"), Clause("TPL-6.5"), Clause("TPL-7.1"), Clause("TPL-7.2"), Clause("TPL-8.1"), Clause("TPL-8.2"), Clause("TPL-8.4")]
    [InlineData("qwen_style", 591)]
    [InlineData("llama3_style", 180)]
    public void EverySampleIsEncodedAsMsSwiftDoes(string style, int cases)
    {
        using var file = RenderingVectors.Open("swift_templates.json");
        var tokenizer = TemplateTokenizer.Of(Tokenizer.Load(Repository.Vector("tokenizers", style)));
        var faults = new List<string>();
        var count = 0;
        foreach (var row in file.RootElement.GetProperty("cases").EnumerateArray().Where(r => r.GetProperty("tokenizer").GetString() == $"small:{style}"))
        {
            var name = $"{row.GetProperty("template")} {row.GetProperty("mode")} {row.GetProperty("name")} {row.GetProperty("options")} {(row.TryGetProperty("loss_scale", out var scale) ? scale.GetString() : "")}";
            var (expected, actual) = (Expected(row), Actual(file.RootElement, row, tokenizer));
            if (expected != actual) { faults.Add($"{name}\n  expected {expected}\n  but was  {actual}"); }
            count++;
        }
        Assert.Equal(cases, count);
        Faults.None(faults);
    }

    static string Expected(JsonElement row)
    {
        if (!row.TryGetProperty("result", out var result)) { return row.GetProperty("error").GetString() == "MaxLengthError" ? "left out" : "refused"; }
        var names = row.GetProperty("mode").GetString() switch
        {
            "rlhf" => (string[])["chosen_input_ids", "chosen_labels", "rejected_input_ids", "rejected_labels"],
            _ => ["input_ids", "labels", "loss_scale"],
        };
        return string.Join(' ', names.Where(n => result.TryGetProperty(n, out _)).Select(n => result.GetProperty(n).GetRawText().Replace(".0", "", StringComparison.Ordinal)));
    }

    static string Actual(JsonElement file, JsonElement row, TemplateTokenizer tokenizer)
    {
        try
        {
            var encoder = new SampleEncoder(SwiftTemplates.Get(row.GetProperty("template").GetString()!, RenderingVectors.Now), Settings(row), tokenizer);
            var isRlhf = row.GetProperty("mode").GetString() == "rlhf";
            var data = file.GetProperty(isRlhf ? "rlhf_data" : "data").GetProperty(row.GetProperty("name").GetString()!);
            var text = Text(encoder.Encode(ChatSampleParser.Parse(data, "row"), "row"));
            return isRlhf ? text + " " + Text(encoder.Encode(ChatSampleParser.ParseRejected(data, "row")!, "row")) : text;
        }
        catch (UnsupportedDataException error) when (error.Clause == "TPL-6.6") { return "refused"; }
    }

    static string Text(IReadOnlyList<EncodedSample> samples)
    {
        if (samples.Count == 0) { return "left out"; }
        var sample = Assert.Single(samples);
        return string.Join(' ', new[] { JsonSerializer.Serialize(sample.InputIds), sample.Labels is null ? null : JsonSerializer.Serialize(sample.Labels), sample.Weights is null ? null : JsonSerializer.Serialize(sample.Weights) }.Where(t => t is not null));
    }

    static EncodeSettings Settings(JsonElement row)
    {
        var settings = new EncodeSettings { IsTraining = row.GetProperty("mode").GetString() != "infer" };
        if (row.TryGetProperty("loss_scale", out var scale)) { settings = settings with { LossScale = LossScale.Parse(scale.GetString()!) }; }
        foreach (var option in row.GetProperty("options").EnumerateObject())
        {
            settings = option.Name switch
            {
                "max_length" => settings with { MaxLength = option.Value.GetInt32() },
                "truncation_strategy" => settings with { Truncation = option.Value.GetString() switch { "left" => TruncationStrategy.Left, "right" => TruncationStrategy.Right, _ => TruncationStrategy.Delete } },
                "default_system" => settings with { DefaultSystem = option.Value.GetString() },
                "use_chat_template" => settings with { UseChatTemplate = option.Value.GetBoolean() },
                "enable_thinking" => settings with { EnableThinking = option.Value.GetBoolean() },
                _ => throw new InvalidOperationException(option.Name),
            };
        }
        return settings;
    }
}
