using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Ckpt.Cli.Commands;
using Ckpt.Kit;
using Ckpt.Models.Opening;

namespace Ckpt.UnitTests.Cli.Infer;

/// <summary>A copy of a tiny model with a tokenizer whose tokens are the words w0, w1, …, and runs of <c>infer</c> over it.</summary>
sealed class AskedModel : IDisposable
{
    readonly TemporaryFolder _folder = new();

    internal AskedModel(string vector, int words, string? template = null, string? generation = null)
    {
        var source = Repository.Vector(vector.Split('/'));
        foreach (var name in new[] { "config.json", "model.safetensors" }) { File.Copy(Path.Combine(source, name), _folder[name]); }
        var vocabulary = new JsonObject([.. Enumerable.Range(0, words).Select(static id => KeyValuePair.Create<string, JsonNode?>($"w{id}", id))]);
        var tokenizer = new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "WhitespaceSplit" },
            ["post_processor"] = null,
            ["decoder"] = null,
            ["model"] = new JsonObject { ["type"] = "WordLevel", ["vocab"] = vocabulary, ["unk_token"] = "w0" },
        };
        Write("tokenizer.json", tokenizer.ToJsonString());
        if (template is not null) { Write("tokenizer_config.json", new JsonObject { ["chat_template"] = template }.ToJsonString()); }
        Write("generation_config.json", generation ?? """{"eos_token_id": []}""");
        var config = JsonNode.Parse(File.ReadAllText(_folder["config.json"]))!.AsObject();
        config.Remove("eos_token_id");
        Write("config.json", config.ToJsonString());
    }

    internal string Folder => _folder.Path;

    internal string this[string name] => _folder[name];

    internal void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
        File.WriteAllText(_folder[name], text);
    }

    /// <summary>Runs <c>infer --model</c> this.</summary>
    internal ProgramRun Ask(params string[] line) => Run("", ["--model", Folder, .. line]);

    /// <summary>A conversation with this.</summary>
    internal ProgramRun Talk(string said, params string[] line) => Run(said, ["--model", Folder, .. line]);

    internal static ProgramRun Run(string input, params string[] line) => ProgramRun.Of(["infer", .. line], commands: [new InferCommand()], input: input);

    /// <summary>The one answer's text.</summary>
    internal string Answer(params string[] line)
    {
        var run = Ask(line);
        return run.ExitCode == 0 ? run.Out.TrimEnd('\n') : throw new InvalidOperationException(run.Error);
    }

    /// <summary>The prompt and the tokens transformers made behind it, of a model under <c>spec/vectors/forward</c>.</summary>
    internal static (string Prompt, string Greedy) Expected(string name)
    {
        using var reader = ModelFormats.Open(Repository.Vector("forward", name, "expected.safetensors"));
        var tensor = reader.Tensors.Single(static each => each.Name == "greedy");
        var bytes = new byte[tensor.ByteLength];
        var payload = reader.Locate(tensor, 0);
        payload.Source.ReadExactly(payload.Offset, bytes);
        var words = MemoryMarshal.Cast<byte, long>(bytes).ToArray().Select(static id => $"w{id}").ToArray();
        return (string.Join(' ', words[..12]), string.Join(' ', words[12..]));
    }

    public void Dispose() => _folder.Dispose();
}
