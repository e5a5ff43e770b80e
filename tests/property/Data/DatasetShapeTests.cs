using System.Text.Json.Nodes;
using Ckpt.Data;
using Ckpt.Data.Datasets;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Data;

/// <summary>Rows as data sets on the hubs have them, and the conversations they must become.</summary>
public sealed class DatasetShapeTests
{
    static readonly Dictionary<string, string> s_none = [];

    [Theory, Clause("DAT-3.1"), Clause("DAT-3.2")]
    [InlineData("""{"messages":[{"role":"system","content":"S"},{"role":"user","content":"Q"},{"role":"assistant","content":"A"}]}""", "Messages", "system:S|user:Q|assistant:A")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text","text":"Q"},{"type":"text","text":"2"}]},{"role":"assistant","content":"A"}]}""", "Messages", "user:Q2|assistant:A")]
    [InlineData("""{"conversations":[{"from":"human","value":"Q"},{"from":"gpt","value":"A"},{"from":"function_call","value":"C"},{"from":"observation","value":"O"}],"system":"S"}""", "Messages", "system:S|user:Q|assistant:A|tool_call:C|tool_response:O")]
    [InlineData("""{"conversation":[{"human":"Q","assistant":"A"},{"human":"R","assistant":"B"}],"system":"S"}""", "Messages", "system:S|user:Q|assistant:A|user:R|assistant:B")]
    [InlineData("""{"instruction":"I","input":"N","output":"O"}""", "Alpaca", "user:I\nN|assistant:O")]
    [InlineData("""{"instruction":"I","input":"","output":"O","system":"S","history":[["a","b"]]}""", "Alpaca", "system:S|user:a|assistant:b|user:I|assistant:O")]
    [InlineData("""{"query":"Q","response":"R","history":[["a","b"],["c","d"]]}""", "QueryResponse", "user:a|assistant:b|user:c|assistant:d|user:Q|assistant:R")]
    [InlineData("""{"question":"Q","answer":42}""", "QueryResponse", "user:Q|assistant:42")]
    [InlineData("""{"prompt":"Q","completion":"A","label":false}""", "QueryResponse", "user:Q|assistant:A|label False")]
    [InlineData("""{"prompt":"Q","chosen":"A","rejected":"B","margin":2}""", "QueryResponse", "user:Q|assistant:A|not user:Q|not assistant:B|margin 2")]
    [InlineData("""{"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":"A"}],"rejected_response":"B"}""", "Messages", "user:Q|assistant:A|not user:Q|not assistant:B")]
    [InlineData("""{"prompt":"Q","chosen":[{"role":"user","content":"Q"},{"role":"assistant","content":"A"}],"rejected":[{"role":"user","content":"Q"},{"role":"assistant","content":"B"}]}""", "Messages", "user:Q|assistant:A|not user:Q|not assistant:B")]
    [InlineData("""{"conversations":[{"from":"human","value":"Q"}],"chosen":{"from":"gpt","value":"A"},"rejected":{"from":"gpt","value":"B"}}""", "Messages", "user:Q|assistant:A|not user:Q|not assistant:B")]
    [InlineData("""{"text":"T","id":3}""", "Text", "assistant:T")]
    public void ARowBecomesAConversation(string json, string style, string expected)
    {
        var row = JsonNode.Parse(json)!.AsObject();

        var shape = DatasetRecogniser.Recognise(row, s_none, "rows:1");
        var example = new RowNormaliser(shape).Normalise(row, "rows:1")!;

        Assert.Equal(style, shape.Style.ToString());
        Assert.Contains($"recognised as {style}", shape.Decision, StringComparison.Ordinal);
        Assert.Equal(expected, Said(example));
    }

    [Fact, Clause("DAT-3.1")]
    public void TheDecisionNamesWhatIsUsedAndWhatIsNot()
    {
        var row = JsonNode.Parse("""{"question":"Q","answer":"A","images":["x.png"],"id":1}""")!.AsObject();

        var decision = DatasetRecogniser.Recognise(row, s_none, "rows:1").Decision;

        Assert.Equal("recognised as QueryResponse (query from 'question', response from 'answer'; not used: images, id); images are ignored: text only", decision);
        Assert.Equal("DAT-3.1", Assert.Throws<MalformedDataException>(() => DatasetRecogniser.Recognise(new JsonObject { ["x"] = 1 }, s_none, "rows:1")).Clause);
    }

    [Fact, Clause("DAT-3.6")]
    public void ColumnsAreRenamed()
    {
        var row = JsonNode.Parse("""{"frage":"Q","antwort":"A"}""")!.AsObject();
        var renames = ColumnMap.ParseRenames("""{"frage":"query","antwort":"response"}""", "--columns");

        var example = new RowNormaliser(DatasetRecogniser.Recognise(row, renames, "rows:1")).Normalise(row, "rows:1")!;

        Assert.Equal("user:Q|assistant:A", Said(example));
        Assert.Equal("DAT-3.6", Assert.Throws<MalformedDataException>(() => DatasetRecogniser.Recognise(row, ColumnMap.ParseRenames("""{"fehlt":"query"}""", "--columns"), "rows:1")).Clause);
        Assert.Equal("DAT-3.6", Assert.Throws<MalformedDataException>(() => ColumnMap.ParseRenames("""["a"]""", "--columns")).Clause);
    }

    [Theory, Clause("DAT-3.3")]
    [InlineData("""{"messages":[{"role":"wizard","content":"Q"}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":{"a":1}}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image","image":"x"}]}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"Q"},"A"]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"Q"}],"tools":{"a":1}}""")]
    [InlineData("""{"query":"Q","response":"A","history":[["a"]]}""")]
    public void ARowThatIsNotOfItsShapeIsRefused(string json)
    {
        var row = JsonNode.Parse(json)!.AsObject();

        var error = Assert.Throws<MalformedDataException>(() => new RowNormaliser(DatasetRecogniser.Recognise(row, s_none, "f:9")).Normalise(row, "f:9"));

        Assert.Equal("DAT-3.3", error.Clause);
        Assert.StartsWith("f:9: ", error.Message, StringComparison.Ordinal);
    }

    [Fact, Clause("DAT-3.4")]
    public void ALabelIsATruthValue()
    {
        var shape = DatasetRecogniser.Recognise(JsonNode.Parse("""{"prompt":"Q","completion":"A","label":true}""")!.AsObject(), s_none, "f:1");

        var error = Assert.Throws<MalformedDataException>(() => new RowNormaliser(shape).Normalise(JsonNode.Parse("""{"prompt":"Q","completion":"A","label":"yes"}""")!.AsObject(), "f:2"));

        Assert.Equal("DAT-3.4", error.Clause);
    }

    [Theory, Clause("DAT-3.5")]
    [InlineData("""{"instruction":"","input":"","output":"O"}""")]
    [InlineData("""{"instruction":"I","input":"","output":""}""")]
    [InlineData("""{"instruction":"I","input":"","output":null}""")]
    [InlineData("""{"messages":[{"role":"system","content":"S"}]}""")]
    [InlineData("""{"text":""}""")]
    public void EmptyRowsAreLeftOut(string json)
    {
        var row = JsonNode.Parse(json)!.AsObject();

        Assert.Null(new RowNormaliser(DatasetRecogniser.Recognise(row, s_none, "f:1")).Normalise(row, "f:1"));
    }

    [Fact, Clause("DAT-3.7")]
    public void NameAndAuthorAreFilledIn()
    {
        var example = new DatasetExample { Messages = [new ChatMessage("user", "who are you {{NAME}}?"), new ChatMessage("assistant", "{{NAME}} by {{AUTHOR}}")], Where = "f:1" };

        Assert.Equal("user:who are you Ada?|assistant:Ada by us", Said(new SelfCognition("Ada", "us").Fill(example)));
        Assert.Equal("user:who are you {{NAME}}?|assistant:{{NAME}} by us", Said(new SelfCognition(null, "us").Fill(example)));
    }

    [Fact, Clause("DAT-3.2")]
    public void LossAndToolsOfARowAreKept()
    {
        var row = JsonNode.Parse("""{"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":"A","loss":false,"reasoning_content":"hm"},{"role":"assistant","content":"B","loss_scale":0.5}],"tools":[{"name":"größe"}]}""")!.AsObject();

        var example = new RowNormaliser(DatasetRecogniser.Recognise(row, s_none, "f:1")).Normalise(row, "f:1")!;

        Assert.Equal("""[{"name":"größe"}]""", example.Tools);
        Assert.Equal((false, "hm", 0.5), (example.Messages[1].Loss, example.Messages[1].Reasoning, example.Messages[2].LossScale));
    }

    static string Said(DatasetExample example) => string.Join('|',
    [
        .. example.Messages.Select(m => $"{m.Role}:{m.Content}"),
        .. (example.Rejected ?? []).Select(m => $"not {m.Role}:{m.Content}"),
        .. example.Label is { } label ? [$"label {label}"] : Array.Empty<string>(),
        .. example.Margin is { } margin ? [$"margin {margin}"] : Array.Empty<string>(),
    ]);
}
