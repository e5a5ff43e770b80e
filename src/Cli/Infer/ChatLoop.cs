using System.Text.Json.Nodes;

namespace Ckpt.Cli.Infer;

/// <summary>
/// A conversation with the user, as <c>swift infer</c> leads it (INF-6.4): <c>exit</c> and <c>quit</c> end it, <c>clear</c> begins it anew, <c>reset-system</c>
/// asks for a system text, <c>multi-line</c> takes lines up to a <c>#</c> at the end of one, <c>single-line</c> goes back.
/// </summary>
/// <param name="input">A line of the user after a sign; null at the end.</param>
/// <param name="say">A line for the user.</param>
/// <param name="isSingleRound">Whether each question stands alone.</param>
sealed class ChatLoop(Func<string, string?> input, Action<string> say, bool isSingleRound)
{
    const string DefaultSystem = "default-system";

    readonly JsonArray _messages = [];
    string? _system;
    bool _isMultiLine;
    bool _asksSystem;

    /// <summary>Leads it.</summary>
    /// <param name="answer">Answers a conversation; the answer is printed by then.</param>
    /// <param name="forget">Called where a new one begins.</param>
    internal void Run(Func<JsonObject, string> answer, Action forget)
    {
        say("`exit` or `quit` ends the conversation, `clear` begins it anew, `multi-line` takes several lines, `reset-system` another system text.");
        if (isSingleRound) { say("Each question stands alone: the template has no rounds."); }
        while (Read() is { } query)
        {
            if (query.Trim().ToLowerInvariant() is "exit" or "quit") { return; }
            if (Taken(query, forget)) { continue; }
            if (isSingleRound) { _messages.Clear(); }
            _messages.Add(new JsonObject { ["role"] = "user", ["content"] = query });
            var response = answer(new JsonObject { ["messages"] = WithSystem() });
            _messages.Add(new JsonObject { ["role"] = "assistant", ["content"] = response });
        }
    }

    // Whether it was for us.
    bool Taken(string query, Action forget)
    {
        var word = query.Trim().ToLowerInvariant();
        if (_asksSystem)
        {
            _system = query.Trim() == DefaultSystem ? null : query;
            (_asksSystem, word) = (false, "clear");
        }
        switch (word)
        {
            case "clear":
                _messages.Clear();
                forget();
                return true;
            case "":
                return true;
            case "reset-system":
                _asksSystem = true;
                say($"The next text is the system text; `{DefaultSystem}` for the template's own.");
                return true;
            case "multi-line":
                _isMultiLine = true;
                say("A `#` at the end of a line ends the text; `single-line` goes back.");
                return true;
            case "single-line":
                _isMultiLine = false;
                return true;
            default:
                return false;
        }
    }

    string? Read()
    {
        var sign = (_isMultiLine, _asksSystem) switch { (true, true) => "<<<[MS] ", (true, false) => "<<<[M] ", (false, true) => "<<<[S] ", _ => "<<< " };
        if (!_isMultiLine) { return input(sign); }
        var lines = new List<string>();
        for (var line = input(sign); line is not null; line = input(""))
        {
            // Words to us end by themselves; there is nothing to say in several lines.
            if (lines.Count == 0 && line.Trim().ToLowerInvariant() is "single-line" or "exit" or "quit" or "clear" or "reset-system") { return line; }
            if (line.EndsWith('#'))
            {
                lines.Add(line[..^1]);
                return string.Join('\n', lines);
            }
            lines.Add(line);
        }
        return lines.Count > 0 ? string.Join('\n', lines) : null;
    }

    JsonArray WithSystem()
    {
        var messages = (JsonArray)_messages.DeepClone();
        if (_system is not null) { messages.Insert(0, new JsonObject { ["role"] = "system", ["content"] = _system }); }
        return messages;
    }
}
