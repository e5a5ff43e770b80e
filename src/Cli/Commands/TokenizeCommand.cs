using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Looking;
using Ckpt.Cli.Output;
using Ckpt.Data.Tokenizers;
using Ckpt.Formats;

namespace Ckpt.Cli.Commands;

/// <summary><c>ckpt tokenize</c>: text to token ids and back, so that one can see what a model is given.</summary>
sealed class TokenizeCommand : ICommand
{
    static readonly FlagSpec s_model = new("model", FlagKind.Text, "folder, tokenizer.json, or name on the hub of the model whose tokenizer is used") { Aliases = ["tokenizer"] };
    static readonly FlagSpec s_file = new("file", FlagKind.Path, "encode this file instead of TEXT; - is standard input");
    static readonly FlagSpec s_ids = new("ids", FlagKind.List, "decode these ids");
    static readonly FlagSpec s_noSpecial = new("no_special", FlagKind.Bool, "add no tokens for beginning and end; with --ids, leave special tokens out");
    static readonly FlagSpec s_asText = new("special_as_text", FlagKind.Bool, "encode the text of special tokens like any other");
    static readonly FlagSpec s_offsets = new("offsets", FlagKind.Bool, "list one token a line, with the characters it covers");

    public string Name => "tokenize";

    public string Summary => "turn text into the token ids of a model, and ids into text";

    public string Usage => "ckpt tokenize --model PATH|ORG/NAME [TEXT | --file FILE | --ids 1 2 3] [--no_special] [--offsets] [--json]";

    public IReadOnlyList<string> Paths => [];

    public int OptionalPaths => 1;

    public IReadOnlyList<FlagSpec> Flags { get; } = [s_model, s_file, s_ids, s_noSpecial, s_asText, s_offsets, PathFlags.Revision, .. CommonFlags.All];

    public IReadOnlyList<(string Line, string Does)> Examples =>
    [
        ("ckpt tokenize --model Qwen/Qwen3-8B 'Hello, world!'", "the tokens, visibly apart, and their ids"),
        ("ckpt tokenize --model Qwen3-8B --file prompt.txt --offsets", "one token a line: id, token, characters covered"),
        ("ckpt tokenize --model Qwen3-8B --ids 9707 11 1879 0", "what these ids say"),
    ];

    public CommandResult Run(FlagValues values, CommandContext context)
    {
        var given = new[] { values.Positional.Count > 0, values.Has(s_file.Name), values.Has(s_ids.Name) }.Count(g => g);
        if (values.Text(s_model.Name) is not { Length: > 0 } model) { throw new UsageException("TOK-10.1", s_model.Shown, $"which tokenizer is not said: {Usage}"); }
        if (given != 1) { throw new UsageException("TOK-10.1", Name, $"needs one of TEXT, --file and --ids; {given} are given"); }
        var ids = Ids(values.List(s_ids.Name));
        var tokenizer = Tokenizer.Load(new HubCache(context.Environment).Find(model, values.Text(PathFlags.Revision.Name)));
        var noSpecial = values.Bool(s_noSpecial.Name);
        if (values.Has(s_ids.Name)) { return Decoded(tokenizer, ids, noSpecial, values.Bool(s_offsets.Name), context.ColourOut); }
        var text = values.Text(s_file.Name) is { } file ? Read(file) : values.Positional[0];
        var encoding = tokenizer.Encode(text, new EncodeOptions { AddSpecialTokens = !noSpecial, SpecialAsText = values.Bool(s_asText.Name) });
        return new CommandResult(ExitCode.Done, Json(tokenizer, text, encoding), Lines(tokenizer, encoding, values.Bool(s_offsets.Name), context.ColourOut));
    }

    static IEnumerable<string> Lines(Tokenizer tokenizer, TokenEncoding encoding, bool offsets, bool colours)
    {
        var view = new TokenView(tokenizer, colours);
        if (offsets) { return view.Table(encoding); }
        return [.. view.Text(encoding.Ids), "", string.Join(' ', encoding.Ids), Count(encoding.Ids.Count)];
    }

    static CommandResult Decoded(Tokenizer tokenizer, IReadOnlyList<int> ids, bool skipSpecial, bool table, bool colours)
    {
        foreach (var id in ids)
        {
            if (tokenizer.IdToToken(id) is null) { throw new UsageException("TOK-10.2", s_ids.Shown, $"{id} is no token; the tokenizer has {tokenizer.VocabSize}"); }
        }
        var text = tokenizer.Decode([.. ids], skipSpecial);
        var tokens = ids.Select(id => tokenizer.IdToToken(id)!).ToList();
        var json = new JsonObject { ["ids"] = Array(ids), ["tokens"] = Array(tokens), ["text"] = text };
        // Printed as it is: what follows in a pipe gets the text itself.
        return new CommandResult(ExitCode.Done, json, table ? new TokenView(tokenizer, colours).Table(ids, null) : colours ? [.. new TokenView(tokenizer, colours).Text(ids), "", text] : [text]);
    }

    static JsonObject Json(Tokenizer tokenizer, string text, TokenEncoding encoding) => new()
    {
        ["text"] = text,
        ["ids"] = Array(encoding.Ids),
        ["tokens"] = Array(encoding.Tokens),
        ["offsets"] = new JsonArray([.. encoding.Offsets.Select(static o => new JsonArray(o.Start, o.End))]),
        ["decoded"] = tokenizer.Decode([.. encoding.Ids]),
    };

    static JsonArray Array<T>(IEnumerable<T> items) => [.. items.Select(static i => JsonValue.Create(i))];

    static string Count(int tokens) => string.Create(CultureInfo.InvariantCulture, $"{tokens:N0} {(tokens == 1 ? "token" : "tokens")}");

    static List<int> Ids(IReadOnlyList<string> texts)
    {
        // As one copies them: with commas and brackets.
        var ids = new List<int>();
        foreach (var text in texts.SelectMany(t => t.Split([',', ' ', '[', ']', '\n'], StringSplitOptions.RemoveEmptyEntries)))
        {
            ids.Add(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : throw new UsageException("TOK-10.2", s_ids.Shown, $"'{text}' is no id"));
        }
        return ids;
    }

    static string Read(string file)
    {
        if (file == "-")
        {
            using var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
            return input.ReadToEnd();
        }
        return File.ReadAllText(file, new UTF8Encoding(false));
    }
}
