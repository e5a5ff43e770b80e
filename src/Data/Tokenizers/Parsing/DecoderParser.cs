using Ckpt.Data.Tokenizers.Decoding;

namespace Ckpt.Data.Tokenizers.Parsing;

/// <summary>Parses <c>decoder</c>.</summary>
static class DecoderParser
{
    internal static IDecoder Parse(JsonPart json)
    {
        if (json.IsNull) { return new SpacedDecoder(); }
        var flat = new List<JsonPart>();
        Flatten(json, flat);
        var parts = new List<IDecoder>();
        var fused = false; // whether all tokens have been made one
        for (var i = 0; i < flat.Count; i++)
        {
            parts.Add(One(flat[i], fused));
            if (flat[i]["type"].Text() is not ("Fuse" or "ByteLevel")) { continue; }
            fused = true;
            // What looks at more than a character sees the one token whole.
            if (!flat.Skip(i + 1).All(IsLocal)) { parts.Add(new BufferDecoder()); }
        }
        return parts.Count == 1 ? parts[0] : new DecoderSequence(parts);
    }

    static void Flatten(JsonPart json, List<JsonPart> into)
    {
        if (json["type"].Text() != "Sequence") { into.Add(json); return; }
        foreach (var part in json["decoders"].Items()) { Flatten(part, into); }
    }

    static bool IsLocal(JsonPart json) => json["type"].Text() switch
    {
        "Fuse" or "Strip" => true,
        "Replace" => !PatternOf.Part(json["pattern"]).IsRegex && PatternOf.Part(json["pattern"]).Source.Length == 1,
        _ => false,
    };

    static IDecoder One(JsonPart json, bool fused)
    {
        switch (json["type"].Text())
        {
            case "ByteLevel": return new ByteLevelDecoder();
            case "ByteFallback": return new ByteFallbackDecoder();
            case "Fuse": return new FuseDecoder();
            case "Strip":
                var content = json["content"].Text();
                if (content.Length != 1) { ComponentFault.NotOneOf(json["content"], content, "the single characters"); }
                return new StripDecoder(content[0], json["start"].Index(), json["stop"].Index(), fused);
            case "Replace":
                var pattern = PatternOf.Part(json["pattern"]);
                PatternOf.RefuseGroups(pattern, json["content"].Text(), json.Where);
                return MapDecoder.Replace(pattern, json["content"].Text());
            case "Metaspace": return MapDecoder.Metaspace(PreTokenizerParser.Metaspace(json));
            case "BPEDecoder": return new SuffixDecoder(json["suffix"].IsNull ? "</w>" : json["suffix"].Text());
            case var other:
                ComponentFault.Unsupported(json.Where, $"the decoder {Quoted.Text(other)}", "Sequence, ByteLevel, ByteFallback, Fuse, Strip, Replace, Metaspace and BPEDecoder");
                return null!;
        }
    }
}
