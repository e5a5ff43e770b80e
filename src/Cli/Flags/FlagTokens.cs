namespace Ckpt.Cli.Flags;

/// <summary>Rewrites a command line into one spelling: <c>--stored_name</c>, and every boolean with its value.</summary>
static class FlagTokens
{
    /// <summary>The tokens with every flag under its stored name.</summary>
    /// <exception cref="UsageException">A flag is not known (CLI-1.5).</exception>
    internal static IReadOnlyList<string> Normalise(IReadOnlyList<string> tokens, FlagTable table, string command)
    {
        var result = new List<string>(tokens.Count);
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            if (token == "--")
            {
                result.AddRange(tokens.Skip(i));
                break;
            }
            if (!token.StartsWith("--", StringComparison.Ordinal))
            {
                result.Add(token);
                continue;
            }

            var equals = token.IndexOf('=', StringComparison.Ordinal);
            var flag = table.Find(equals < 0 ? token[2..] : token[2..equals], command);
            if (equals == token.Length - 1) { result.AddRange([flag.Shown, ""]); } // an empty value is one
            else if (equals >= 0) { result.Add($"{flag.Shown}={token[(equals + 1)..]}"); }
            else if (flag.Kind == FlagKind.Bool)
            {
                // CLI-1.3: the next token belongs to the flag only where it is a truth value.
                var given = i + 1 < tokens.Count && Truth(tokens[i + 1]) is not null;
                result.Add($"{flag.Shown}={(given ? tokens[++i] : "true")}");
            }
            else { result.Add(flag.Shown); }
        }
        return result;
    }

    /// <summary>True or false as the flags of Megatron-SWIFT write it, or null where the text is neither.</summary>
    internal static bool? Truth(string text) => text.ToLowerInvariant() switch
    {
        "true" or "1" => true,
        "false" or "0" => false,
        _ => null,
    };
}
