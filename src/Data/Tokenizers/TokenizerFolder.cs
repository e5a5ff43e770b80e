using System.Diagnostics.CodeAnalysis;
using System.Text;
using Ckpt.Data.Tokenizers.Parsing;

namespace Ckpt.Data.Tokenizers;

/// <summary>Reads the files of a tokenizer.</summary>
static class TokenizerFolder
{
    const long MostBytes = 512 << 20; // Gemma's, the largest in use, has 33 MB

    internal static Tokenizer Load(string folderOrFile)
    {
        var folder = Directory.Exists(folderOrFile) ? folderOrFile : Path.GetDirectoryName(Path.GetFullPath(folderOrFile))!;
        var file = Directory.Exists(folderOrFile) ? Path.Combine(folderOrFile, "tokenizer.json") : folderOrFile;
        if (!File.Exists(file)) { Throw.NoTokenizer(folder, file); }
        return new Tokenizer(TokenizerParser.Parse(Read(file), file), Config(folder));
    }

    /// <summary>The configuration: what the newer files say comes before the older (TOK-9.3).</summary>
    static TokenizerConfig Config(string folder)
    {
        var (config, map) = (Path.Combine(folder, "tokenizer_config.json"), Path.Combine(folder, "special_tokens_map.json"));
        var said = File.Exists(config) ? TokenizerConfigParser.Parse(Read(config), config) : TokenizerConfigParser.Empty;
        if (File.Exists(map)) { said = TokenizerConfigParser.Complete(said, Read(map), map); }

        var templates = new Dictionary<string, string>(said.ChatTemplates, StringComparer.Ordinal);
        var (json, jinja, more) = (Path.Combine(folder, "chat_template.json"), Path.Combine(folder, "chat_template.jinja"), Path.Combine(folder, "additional_chat_templates"));
        if (File.Exists(json)) { foreach (var (name, text) in TokenizerConfigParser.Template(Read(json), json)) { templates[name] = text; } }
        if (File.Exists(jinja)) { templates["default"] = Template(jinja); }
        if (Directory.Exists(more))
        {
            foreach (var file in Directory.EnumerateFiles(more, "*.jinja")) { templates[Path.GetFileNameWithoutExtension(file)] = Template(file); }
        }
        return said with { ChatTemplates = templates };
    }

    static string Template(string file)
    {
        var bytes = Read(file);
        if (!System.Text.Unicode.Utf8.IsValid(bytes)) { Throw.NotUtf8(file); }
        return Encoding.UTF8.GetString(bytes);
    }

    static byte[] Read(string file)
    {
        var length = new FileInfo(file).Length;
        if (length > MostBytes) { Throw.TooLong(file, length); }
        return File.ReadAllBytes(file);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoTokenizer(string folder, string file)
        {
            if (File.Exists(Path.Combine(folder, "tokenizer.model")))
            {
                throw new UnsupportedDataException("TOK-1.5", folder, "there is a tokenizer.model and no tokenizer.json; save the tokenizer once with transformers' fast tokenizer, which writes tokenizer.json");
            }
            if (File.Exists(Path.Combine(folder, "vocab.json")))
            {
                throw new UnsupportedDataException("TOK-1.5", folder, "there is a vocab.json and no tokenizer.json; save the tokenizer once with transformers' fast tokenizer, which writes tokenizer.json");
            }
            throw new FileNotFoundException($"{folder}: there is no tokenizer.json", file);
        }

        [DoesNotReturn]
        internal static void NotUtf8(string file) => throw new MalformedDataException("TOK-9.3", file, "the template is not UTF-8");

        [DoesNotReturn]
        internal static void TooLong(string file, long length) => throw new UnsupportedDataException("TOK-1.5", file, $"{length} bytes are more than the {MostBytes} that are read");
    }
}
